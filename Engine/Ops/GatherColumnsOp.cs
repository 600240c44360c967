using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[:, j] = x[:, index[j]]: columns picked by a constant list of indices; a permutation when each occurs once.</summary>
public sealed class GatherColumnsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly GatherColumnsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "gather-columns";

    /// <inheritdoc/>
    public override string Formula => "y[:, j] = x[:, index[j]];  dx[:, index[j]] += dy[:, j]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y[:, j] = x[:, index[j]]. Cost: one copy. The index list is a constant of whole numbers, any shape, read in order; repeated indices are allowed.</summary>
    /// <exception cref="ArgumentException">The index list does not fit, or an index lies outside.</exception>
    public static Var Record(Tape<T> tape, Var x, Var index)
    {
        if (index.Length == 0) throw new ArgumentException($"GatherColumns: x is {x.Shape}, the index list is {index.Shape}; it is empty.");
        return tape.Record(Instance, [x, index.Detach()], x.Rows, index.Length).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
        => IndexKernels<T>.GatherColumns(c.Backend, c.X(0), c.In(0), c.X(1), c.Y(), c.Out(), add: false);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => IndexKernels<T>.ScatterColumns(c.Backend, c.Dy(), c.Out(), c.X(1), c.Dx(0), c.In(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else IndexKernels<T>.GatherColumns(c.Backend, c.Tx(0), c.In(0), c.X(1), c.Ty(), c.Out(), add: false);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        if (input == 1) return Var.None;
        Node<T> n = tape.Node(node);
        return tape.ScatterAddColumns(dy, tape.Input(n, 1), tape.Input(n, 0).Cols);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        if (input == 1) return Var.None;
        Node<T> n = tape.Node(node);
        return Record(tape, dx, tape.Input(n, 1));
    }
}

/// <summary>Recording <see cref="GatherColumnsOp{T}"/>.</summary>
public static class GatherColumnsOpRecording
{
    /// <summary>y[:, j] = x[:, index[j]].</summary>
    /// <exception cref="ArgumentException">The index list does not fit, or an index lies outside.</exception>
    public static Var GatherColumns<T>(this Tape<T> tape, Var x, Var index) where T : unmanaged, IFloatingPointIeee754<T>
        => GatherColumnsOp<T>.Record(tape, x, index);
}
