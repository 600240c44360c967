using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[i, :] = x[index[i], :]: rows picked by a constant list of indices (an embedding, a shuffle, graph edges).</summary>
public sealed class GatherRowsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly GatherRowsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "gather-rows";

    /// <inheritdoc/>
    public override string Formula => "y[i, :] = x[index[i], :];  dx[index[i], :] += dy[i, :]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y[i, :] = x[index[i], :]. Cost: one copy. The index list is a constant of whole numbers, any shape, read in order; repeated indices are allowed.</summary>
    /// <exception cref="ArgumentException">The index list does not fit, or an index lies outside.</exception>
    public static Var Record(Tape<T> tape, Var x, Var index)
    {
        if (index.Length == 0) throw new ArgumentException($"GatherRows: x is {x.Shape}, the index list is {index.Shape}; it is empty.");
        return tape.Record(Instance, [x, index.Detach()], index.Length, x.Cols).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        IndexKernels<T>.GatherRows(c.Backend, c.X(0), c.In(0), c.X(1), c.Y(), c.Out());
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => IndexKernels<T>.ScatterRows(c.Backend, c.Dy(), c.Out(), c.X(1), c.Dx(0), c.In(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) IndexKernels<T>.GatherRows(c.Backend, c.Tx(0), c.In(0), c.X(1), c.Ty(), c.Out());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        if (input == 1) return Var.None;
        Node<T> n = tape.Node(node);
        return tape.ScatterAddRows(dy, tape.Input(n, 1), tape.Input(n, 0).Rows);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        if (input == 1) return Var.None;
        Node<T> n = tape.Node(node);
        return Record(tape, dx, tape.Input(n, 1));
    }
}

/// <summary>Recording <see cref="GatherRowsOp{T}"/>.</summary>
public static class GatherRowsOpRecording
{
    /// <summary>y[i, :] = x[index[i], :].</summary>
    /// <exception cref="ArgumentException">The index list does not fit, or an index lies outside.</exception>
    public static Var GatherRows<T>(this Tape<T> tape, Var x, Var index) where T : unmanaged, IFloatingPointIeee754<T>
        => GatherRowsOp<T>.Record(tape, x, index);
}
