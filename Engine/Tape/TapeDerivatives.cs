using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>
/// Derivatives as further nodes: the result is an ordinary value, so it can be differentiated again. Built from the rules that
/// the ops of conditioner networks name (<see cref="Op{T}.RecordVjp"/>, <see cref="Op{T}.RecordJvp"/>).
/// </summary>
public static class TapeDerivatives
{
    /// <summary>Records v^T d output / d input, shaped like <paramref name="input"/>. Cost: about one backward pass.</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Value to differentiate.</param>
    /// <param name="input">With respect to this value.</param>
    /// <param name="v">Cotangent, shaped like <paramref name="output"/>.</param>
    /// <exception cref="ArgumentException">Shapes differ, or output does not depend on input.</exception>
    /// <exception cref="NotSupportedException">An op in between has no recorded derivative.</exception>
    public static Var Vjp<T>(this Tape<T> tape, Var output, Var input, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShape("Vjp", "cotangent", v, "output", output);
        int end = tape.Producer(output, tape.Count), start = FirstAfter(tape, input);
        HashSet<(int, int)> reached = Reach(tape, input, start, end);
        if (!reached.Contains(Place(output))) throw new ArgumentException("Vjp: the output does not depend on the input.");
        Dictionary<(int, int), Var> cotangents = tape.Carried;
        cotangents.Clear();
        cotangents[Place(output)] = v;
        for (int i = end; i >= start; i--)
        {
            Node<T> node = tape.Node(i);
            RequireOneOutput("Vjp", node, !node.Out1.IsNone && (cotangents.ContainsKey(Place(node.Out1)) || cotangents.ContainsKey(Place(node.Out0))));
            if (!cotangents.TryGetValue(Place(node.Out0), out Var dy)) continue;
            for (int k = 0; k < node.InputCount; k++)
            {
                Var x = tape.Input(node, k);
                if (Constant(x) || !reached.Contains(Place(x))) continue;
                Var dx = node.Op.RecordVjp(tape, i, k, dy.Reshape(node.Out0.Rows, node.Out0.Cols));
                if (dx.IsNone) continue;
                cotangents[Place(x)] = cotangents.TryGetValue(Place(x), out Var sum) ? tape.Add(sum.Reshape(x.Rows, x.Cols), dx) : dx;
            }
        }
        return cotangents.TryGetValue(Place(input), out Var result) ? result.Reshape(input.Rows, input.Cols) : tape.Constant(0, input.Rows, input.Cols);
    }

    /// <summary>Records d output / d input times v, shaped like <paramref name="output"/>. Cost: about one forward pass.</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">Value to differentiate.</param>
    /// <param name="input">With respect to this value.</param>
    /// <param name="v">Tangent, shaped like <paramref name="input"/>.</param>
    /// <exception cref="ArgumentException">Shapes differ, or output does not depend on input.</exception>
    /// <exception cref="NotSupportedException">An op in between has no recorded derivative.</exception>
    public static Var Jvp<T>(this Tape<T> tape, Var output, Var input, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShape("Jvp", "tangent", v, "input", input);
        int end = tape.Producer(output, tape.Count), start = FirstAfter(tape, input);
        if (!Reach(tape, input, start, end).Contains(Place(output))) throw new ArgumentException("Jvp: the output does not depend on the input.");
        Dictionary<(int, int), Var> tangents = tape.Carried;
        tangents.Clear();
        tangents[Place(input)] = v;
        for (int i = start; i <= end; i++)
        {
            Node<T> node = tape.Node(i);
            Var sum = Var.None;
            RequireOneOutput("Jvp", node, !node.Out1.IsNone && DependsOn(tape, node, tangents));
            for (int k = 0; k < node.InputCount; k++)
            {
                Var x = tape.Input(node, k);
                if (Constant(x) || !tangents.TryGetValue(Place(x), out Var dx)) continue;
                Var part = node.Op.RecordJvp(tape, i, k, dx.Reshape(x.Rows, x.Cols));
                if (part.IsNone) continue;
                sum = sum.IsNone ? part : tape.Add(sum, part);
            }
            if (!sum.IsNone) tangents[Place(node.Out0)] = sum;
        }
        return tangents.TryGetValue(Place(output), out Var result) ? result.Reshape(output.Rows, output.Cols) : tape.Constant(0, output.Rows, output.Cols);
    }

    private static bool Constant(Var v) => v.IsNone || v.IsDetached;

    private static (int, int) Place(Var v) => (v.Chunk, v.Offset);

    // A node recorded before the input cannot depend on it. Outputs lie in the arena in the order of the nodes.
    private static int FirstAfter<T>(Tape<T> tape, Var input) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (input.Chunk < Var.FirstArenaChunk) return 0;
        int low = 0, high = tape.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            Var y = tape.Node(middle).Out0;
            if (y.Chunk < input.Chunk || (y.Chunk == input.Chunk && y.Offset <= input.Offset)) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static HashSet<(int, int)> Reach<T>(Tape<T> tape, Var input, int start, int end) where T : unmanaged, IFloatingPointIeee754<T>
    {
        HashSet<(int, int)> reached = tape.Reached;
        reached.Clear();
        reached.Add(Place(input));
        for (int i = start; i <= end; i++)
        {
            ref readonly Node<T> node = ref tape.Node(i);
            for (int k = 0; k < node.InputCount; k++)
            {
                Var x = tape.Input(node, k);
                if (Constant(x)) continue;
                if (!reached.Contains(Place(x)))
                {
                    RequireWhole(tape, x, i, input, reached);
                    continue;
                }
                reached.Add(Place(node.Out0));
                if (!node.Out1.IsNone) reached.Add(Place(node.Out1));
            }
        }
        return reached;
    }

    // Cotangents are kept by place; a view that begins inside a value would be taken for something else, and its share dropped.
    private static void RequireWhole<T>(Tape<T> tape, Var x, int before, Var input, HashSet<(int, int)> reached) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool part = Inside(x, input);
        if (x.Chunk >= Var.FirstArenaChunk)
        {
            // Outputs lie in the arena in the order of the nodes.
            int low = 0, high = before;
            while (low < high)
            {
                int middle = (low + high) / 2;
                Var y = tape.Node(middle).Out0;
                if (y.Chunk < x.Chunk || (y.Chunk == x.Chunk && y.Offset <= x.Offset)) low = middle + 1;
                else high = middle;
            }
            if (low > 0)
            {
                ref readonly Node<T> node = ref tape.Node(low - 1);
                part |= reached.Contains(Place(node.Out0)) && (Inside(x, node.Out0) || Inside(x, node.Out1));
            }
        }
        if (part) throw new NotSupportedException($"Recorded derivatives go through whole values; a view of part of one ({x.Shape}) lies on the way. Slice with an op instead.");
    }

    private static bool Inside(Var x, Var whole) => !whole.IsNone && x.Chunk == whole.Chunk && x.Offset > whole.Offset && x.Offset < whole.Offset + whole.Length;

    private static bool DependsOn<T>(Tape<T> tape, in Node<T> node, Dictionary<(int, int), Var> tangents) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < node.InputCount; k++)
        {
            Var x = tape.Input(node, k);
            if (!Constant(x) && tangents.ContainsKey(Place(x))) return true;
        }
        return false;
    }

    // The recorded rules speak of one output; the share of a second one must not be dropped in silence.
    private static void RequireOneOutput<T>(string what, in Node<T> node, bool second) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (second) throw new NotSupportedException($"{what}: {node.Op.Name} has two outputs; recorded derivatives go through ops with one output only.");
    }

    private static void RequireShape(string what, string given, Var v, string other, Var like)
    {
        if (v.Rows != like.Rows || v.Cols != like.Cols)
            throw new ArgumentException($"{what}: the {given} is {v.Shape}, the {other} is {like.Shape}; they must be equal.");
    }
}
