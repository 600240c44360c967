using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = the inputs side by side: any number of [rows x cols_k] to [rows x sum of cols_k].</summary>
public sealed class ConcatColumnsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ConcatColumnsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "concat-columns";

    /// <inheritdoc/>
    public override string Formula => "y = [x0 x1 ...];  dx_k = the columns of dy that came from x_k";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = [x0 x1 ...]. Cost: one copy.</summary>
    /// <exception cref="ArgumentException">There is no input, or the numbers of rows differ.</exception>
    public static Var Record(Tape<T> tape, ReadOnlySpan<Var> inputs)
    {
        if (inputs.IsEmpty) throw new ArgumentException("ConcatColumns: nothing to put side by side.");
        int cols = 0;
        foreach (Var x in inputs)
        {
            if (x.Rows != inputs[0].Rows) throw new ArgumentException($"ConcatColumns: the first input is {inputs[0].Shape}, another is {x.Shape}; rows {inputs[0].Rows} and {x.Rows} differ.");
            cols += x.Cols;
        }
        return tape.Record(Instance, inputs, inputs[0].Rows, cols).Out0;
    }

    /// <summary>Records x between columns of zeros, so that it starts at column <paramref name="start"/> of <paramref name="cols"/>.</summary>
    internal static Var Pad(Tape<T> tape, Var x, int start, int cols)
    {
        int after = cols - start - x.Cols;
        if (start == 0 && after == 0) return x;
        Var left = start > 0 ? tape.Constant(0, x.Rows, start) : Var.None;
        Var right = after > 0 ? tape.Constant(0, x.Rows, after) : Var.None;
        if (left.IsNone) return Record(tape, [x, right]);
        return right.IsNone ? Record(tape, [left, x]) : Record(tape, [left, x, right]);
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        int rows = c.Out().Rows, cols = c.Out().Cols, start = 0;
        for (int k = 0; k < c.Node.InputCount; k++)
        {
            int width = c.In(k).Cols;
            BlockKernels<T>.Copy(c.Backend, c.X(k), width, 0, c.Y(), cols, start, rows, width);
            start += width;
        }
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int rows = c.Out().Rows, cols = c.Out().Cols, start = 0;
        for (int k = 0; k < c.Node.InputCount; k++)
        {
            int width = c.In(k).Cols;
            if (!c.Dx(k).IsNone) BlockKernels<T>.Add(c.Backend, c.Dy(), cols, start, c.Dx(k), width, 0, rows, width);
            start += width;
        }
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        int rows = c.Out().Rows, cols = c.Out().Cols, start = 0;
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        for (int k = 0; k < c.Node.InputCount; k++)
        {
            int width = c.In(k).Cols;
            if (!c.Tx(k).IsNone) BlockKernels<T>.Copy(c.Backend, c.Tx(k), width, 0, c.Ty(), cols, start, rows, width);
            start += width;
        }
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        return tape.SliceColumns(dy, Start(tape, n, input), tape.Input(n, input).Cols);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        return Pad(tape, dx, Start(tape, n, input), n.Out0.Cols);
    }

    private static int Start(Tape<T> tape, in Node<T> node, int input)
    {
        int start = 0;
        for (int k = 0; k < input; k++) start += tape.Input(node, k).Cols;
        return start;
    }
}

/// <summary>Recording <see cref="ConcatColumnsOp{T}"/>.</summary>
public static class ConcatColumnsOpRecording
{
    /// <summary>The inputs side by side.</summary>
    /// <exception cref="ArgumentException">There is no input, or the numbers of rows differ.</exception>
    public static Var ConcatColumns<T>(this Tape<T> tape, params ReadOnlySpan<Var> inputs) where T : unmanaged, IFloatingPointIeee754<T>
        => ConcatColumnsOp<T>.Record(tape, inputs);
}
