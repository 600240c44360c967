using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Sums of x [rows x cols]: over all (1x1), over rows (1 x cols) or over columns (rows x 1), times a constant. dx spreads s dy back.</summary>
public sealed class SumOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SumOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "sum";

    /// <inheritdoc/>
    public override string Formula => "y = s sum(x) over all, rows or columns;  dx = s dy spread back";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    internal static Var Record(Tape<T> tape, Var x, Broadcast kept, double scale)
        => tape.Record(Instance, [x], kept == Broadcast.Column ? x.Rows : 1, kept == Broadcast.Row ? x.Cols : 1, i0: (int)kept, p0: scale).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => Reduce(c, c.X(0), c.Y());

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => c.Run(SpreadKernels<T>.AddSpread, [c.Dy(), c.Dx(0)], [c.In(0).Rows, c.In(0).Cols, c.Node.I0], [c.Node.P0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else Reduce(c, c.Tx(0), c.Ty());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        Var x = tape.Input(n, 0);
        return AddOp<T>.Record(tape, tape.Constant(0, x.Rows, x.Cols), dy, n.P0);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        return Record(tape, dx, (Broadcast)n.I0, n.P0);
    }

    private static void Reduce(in OpContext<T> c, Slice x, Slice y)
    {
        BasicKernels<T>.Fill(c.Backend, y, 0);
        SpreadSum.Add(c.Backend, (Broadcast)c.Node.I0, x, y, c.In(0).Rows, c.In(0).Cols, c.Node.P0);
    }
}

/// <summary>Recording <see cref="SumOp{T}"/>.</summary>
public static class SumOpRecording
{
    /// <summary>scale times the sum of all elements: [1 x 1].</summary>
    public static Var Sum<T>(this Tape<T> tape, Var x, double scale = 1) where T : unmanaged, IFloatingPointIeee754<T> => SumOp<T>.Record(tape, x, Broadcast.Scalar, scale);

    /// <summary>The mean of all elements: [1 x 1].</summary>
    public static Var Mean<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => SumOp<T>.Record(tape, x, Broadcast.Scalar, 1.0 / x.Length);

    /// <summary>Sum over the rows (the batch): [1 x cols].</summary>
    public static Var SumRows<T>(this Tape<T> tape, Var x, double scale = 1) where T : unmanaged, IFloatingPointIeee754<T> => SumOp<T>.Record(tape, x, Broadcast.Row, scale);

    /// <summary>Sum over the columns (the features): [rows x 1].</summary>
    public static Var SumColumns<T>(this Tape<T> tape, Var x, double scale = 1) where T : unmanaged, IFloatingPointIeee754<T> => SumOp<T>.Record(tape, x, Broadcast.Column, scale);
}
