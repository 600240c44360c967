using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = the columns of x from a first one on: [rows x cols] to [rows x count].</summary>
public sealed class SliceColumnsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SliceColumnsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "slice-columns";

    /// <inheritdoc/>
    public override string Formula => "y = x[:, start .. start + count];  dx[:, start .. start + count] = dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = x[:, start .. start + count]. Cost: one copy.</summary>
    /// <exception cref="ArgumentException">The columns are not all there.</exception>
    public static Var Record(Tape<T> tape, Var x, int start, int count)
    {
        if (start < 0 || count < 1 || start > x.Cols - count)
            throw new ArgumentException($"SliceColumns: columns {start}..{start + count} of a value that is {x.Shape}.");
        return tape.Record(Instance, [x], x.Rows, count, i0: start).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => Copy(c, c.X(0), c.Y());

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => BlockKernels<T>.Add(c.Backend, c.Dy(), c.Out().Cols, 0, c.Dx(0), c.In(0).Cols, c.Node.I0, c.Out().Rows, c.Out().Cols);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else Copy(c, c.Tx(0), c.Ty());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        return ConcatColumnsOp<T>.Pad(tape, dy, n.I0, tape.Input(n, 0).Cols);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        return Record(tape, dx, n.I0, n.Out0.Cols);
    }

    private static void Copy(in OpContext<T> c, Slice x, Slice y)
        => BlockKernels<T>.Copy(c.Backend, x, c.In(0).Cols, c.Node.I0, y, c.Out().Cols, 0, c.Out().Rows, c.Out().Cols);
}

/// <summary>Recording <see cref="SliceColumnsOp{T}"/>.</summary>
public static class SliceColumnsOpRecording
{
    /// <summary>Columns start .. start + count of x.</summary>
    /// <exception cref="ArgumentException">The columns are not all there.</exception>
    public static Var SliceColumns<T>(this Tape<T> tape, Var x, int start, int count) where T : unmanaged, IFloatingPointIeee754<T>
        => SliceColumnsOp<T>.Record(tape, x, start, count);
}
