using System.Globalization;
using System.Numerics;
using System.Text;

namespace NativeFlow.Engine;

/// <summary>The tape as a table, a drawing and an explanation: for teaching and for error messages.</summary>
public static class TapePrinter
{
    /// <summary>One line a node: number, scope, op, inputs, outputs.</summary>
    public static string Print<T>(this Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var text = new StringBuilder();
        for (int i = 0; i < tape.Count; i++)
        {
            ref readonly Node<T> n = ref tape.Node(i);
            text.Append(CultureInfo.InvariantCulture, $"{i,4}  {n.Scope,-24} {n.Op.Name,-22} ");
            for (int k = 0; k < n.InputCount; k++) text.Append(k == 0 ? "" : ", ").Append(Name(tape, tape.Input(n, k)));
            text.Append(" -> ").Append(Name(tape, n.Out0));
            if (!n.Out1.IsNone) text.Append(", ").Append(Name(tape, n.Out1));
            text.Append(n.NeedsGrad ? "" : "   (constant)").Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The graph in the DOT language.</summary>
    public static string ToDot<T>(this Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var text = new StringBuilder("digraph tape {\n  rankdir=LR; node [shape=box, fontname=\"monospace\"];\n");
        for (int i = 0; i < tape.Count; i++)
        {
            ref readonly Node<T> n = ref tape.Node(i);
            text.Append(CultureInfo.InvariantCulture, $"  n{i} [label=\"{i} {n.Op.Name}\\n{n.Out0.Shape}\"];\n");
            for (int k = 0; k < n.InputCount; k++)
            {
                Var x = tape.Input(n, k);
                if (x.IsNone) continue;
                int producer = tape.Producer(x, i);
                string from = producer >= 0 ? $"n{producer}" : $"\"{Name(tape, x)}\"";
                text.Append(CultureInfo.InvariantCulture, $"  {from} -> n{i};\n");
            }
        }
        return text.Append("}\n").ToString();
    }

    /// <summary>What node <paramref name="index"/> computes, what its backward reads, and where to read on.</summary>
    public static string Explain<T>(this Tape<T> tape, int index) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref readonly Node<T> n = ref tape.Node(index);
        return $"{index} {n.Op.Name}: {n.Op.Formula}\n  backward reads: {n.Op.Reads}; page: docs/ops/{n.Op.Page}.md";
    }

    /// <summary>Number of the node before <paramref name="before"/> that wrote <paramref name="v"/>; -1 for inputs, parameters and buffers.</summary>
    public static int Producer<T>(this Tape<T> tape, Var v, int before) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (v.Chunk < Var.FirstArenaChunk) return -1;
        for (int i = Math.Min(before, tape.Count) - 1; i >= 0; i--)
        {
            ref readonly Node<T> n = ref tape.Node(i);
            if (n.Out0.SamePlace(v) || (!n.Out1.IsNone && n.Out1.SamePlace(v))) return i;
        }
        return -1;
    }

    /// <summary>First node with a value that is not finite, as <c>node 7 (layers.2.matmul, 100x64)</c>; null when all are finite.</summary>
    public static string? FindNonFinite<T>(this Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < tape.Count; i++)
        {
            ref readonly Node<T> n = ref tape.Node(i);
            if (AllFinite(tape, n.Out0) && AllFinite(tape, n.Out1)) continue;
            return $"node {i} ({n.Op.Name}, {n.Out0.Shape}) of {(n.Scope.Length == 0 ? "the graph" : n.Scope)}";
        }
        return null;
    }

    private static bool AllFinite<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (v.IsNone) return true;
        var values = new T[v.Length];
        tape.Read(v, values);
        foreach (T x in values) if (!T.IsFinite(x)) return false;
        return true;
    }

    private static string Name<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (v.IsNone) return "-";
        if (v.Chunk >= Var.FirstArenaChunk) return $"@{v.Offset}[{v.Shape}]";
        if (tape.Store is not null)
            foreach (ParameterStore<T>.Entry e in v.Chunk == Var.ParameterChunk ? tape.Store.Parameters : tape.Store.Buffers)
                if (e.Var.SamePlace(v)) return $"{e.Name}[{v.Shape}]";
        return $"chunk{v.Chunk}@{v.Offset}[{v.Shape}]";
    }
}
