using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[r, :] = x: one row [1 x cols] repeated to [rows x cols].</summary>
public sealed class RepeatRowsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RepeatRowsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "repeat-rows";

    /// <inheritdoc/>
    public override string Formula => "y[r, :] = x[0, :];  dx = sum over r of dy[r, :]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y[r, :] = x. Cost: one copy.</summary>
    /// <exception cref="ArgumentException">x is not a row, or rows is less than 1.</exception>
    public static Var Record(Tape<T> tape, Var x, int rows)
    {
        if (x.Rows != 1 || rows < 1) throw new ArgumentException($"RepeatRows: x is {x.Shape} and is to become {rows}x{x.Cols}; it must be 1x{x.Cols}, repeated at least once.");
        return tape.Record(Instance, [x], rows, x.Cols).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => Spread(c, c.X(0), c.Y());

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => BasicKernels<T>.ColumnSum(c.Backend, c.Dy(), c.Dx(0), c.Out().Rows, c.Out().Cols);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else Spread(c, c.Tx(0), c.Ty());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => tape.SumRows(dy);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Record(tape, dx, tape.Node(node).Out0.Rows);

    // Row stride 0 reads the same row again and again.
    private static void Spread(in OpContext<T> c, Slice x, Slice y)
        => BlockKernels<T>.Copy(c.Backend, x, 0, 0, y, c.Out().Cols, 0, c.Out().Rows, c.Out().Cols);
}

/// <summary>Recording <see cref="RepeatRowsOp{T}"/>.</summary>
public static class RepeatRowsOpRecording
{
    /// <summary>x [1 x cols] as [rows x cols].</summary>
    /// <exception cref="ArgumentException">x is not a row, or rows is less than 1.</exception>
    public static Var RepeatRows<T>(this Tape<T> tape, Var x, int rows) where T : unmanaged, IFloatingPointIeee754<T> => RepeatRowsOp<T>.Record(tape, x, rows);
}
