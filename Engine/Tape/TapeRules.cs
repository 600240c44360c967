using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>What a recorded graph must obey before anyone walks it back. Cheap: one pass over the nodes.</summary>
public static class TapeRules
{
    /// <summary>Checks every node from number <paramref name="from"/> on.</summary>
    /// <exception cref="InvalidOperationException">A rule is broken; the message names the node and the rule.</exception>
    public static void Check<T>(Tape<T> tape, int from = 0) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var last = from > 0 ? LastOf(tape.Node(from - 1)) : new(Var.FirstArenaChunk, -1, 0, 0, false);
        for (int i = from; i < tape.Count; i++)
        {
            ref readonly Node<T> node = ref tape.Node(i);
            if (node.Out0.Length == 0) Broken(i, node, "its output is empty");
            if (!double.IsFinite(node.P0) || !double.IsFinite(node.P1)) Broken(i, node, $"a parameter is not finite ({node.P0}, {node.P1})");
            // The arena only moves forward, so "written once" and "written before read" are both order relations on places.
            if (!Before(last, node.Out0)) Broken(i, node, "its output lies over an earlier node's");
            for (int k = 0; k < node.InputCount; k++)
            {
                Var x = tape.Input(node, k);
                if (x.IsNone || x.Chunk < Var.FirstArenaChunk) continue;
                if (!Before(x, node.Out0)) Broken(i, node, $"input {k} is recorded later than the node itself");
            }
            last = LastOf(node);
        }
    }

    private static Var LastOf<T>(in Node<T> node) where T : unmanaged, IFloatingPointIeee754<T> => node.Out1.IsNone ? node.Out0 : node.Out1;

    private static bool Before(Var a, Var b) => a.Chunk < b.Chunk || (a.Chunk == b.Chunk && a.Offset < b.Offset);

    private static void Broken<T>(int index, in Node<T> node, string rule) where T : unmanaged, IFloatingPointIeee754<T>
        => throw new InvalidOperationException($"Node {index} ({node.Scope}{node.Op.Name}): {rule}.");
}
