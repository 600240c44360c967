using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[:, index[j]] += x[:, j], from zero: the adjoint of picking columns, and its inverse for a permutation.</summary>
public sealed class ScatterAddColumnsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ScatterAddColumnsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "scatter-add-columns";

    /// <inheritdoc/>
    public override string Formula => "y[:, index[j]] += x[:, j] from zero;  dx[:, j] = dy[:, index[j]]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y[:, index[j]] += x[:, j] from zeros [rows x cols]. Cost: one copy. The index list is a constant of whole numbers, any shape, read in order; repeated indices are allowed.</summary>
    /// <exception cref="ArgumentException">The index list does not fit, or an index lies outside.</exception>
    public static Var Record(Tape<T> tape, Var x, Var index, int cols)
    {
        if (index.Length != x.Cols) throw new ArgumentException($"ScatterAddColumns: x is {x.Shape}, the index list is {index.Shape}; it needs one index for each of the {x.Cols} cols.");
        return tape.Record(Instance, [x, index.Detach()], x.Rows, cols).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        IndexKernels<T>.ScatterColumns(c.Backend, c.X(0), c.In(0), c.X(1), c.Y(), c.Out());
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Slice dx = c.ClaimDx(0, out bool add);
        IndexKernels<T>.GatherColumns(c.Backend, c.Dy(), c.Out(), c.X(1), dx, c.In(0), add);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) IndexKernels<T>.ScatterColumns(c.Backend, c.Tx(0), c.In(0), c.X(1), c.Ty(), c.Out());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        if (input == 1) return Var.None;
        Node<T> n = tape.Node(node);
        return tape.GatherColumns(dy, tape.Input(n, 1));
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        if (input == 1) return Var.None;
        Node<T> n = tape.Node(node);
        return Record(tape, dx, tape.Input(n, 1), n.Out0.Cols);
    }
}

/// <summary>Recording <see cref="ScatterAddColumnsOp{T}"/>.</summary>
public static class ScatterAddColumnsOpRecording
{
    /// <summary>y[:, index[j]] += x[:, j], from zeros [rows x cols].</summary>
    /// <exception cref="ArgumentException">The index list does not fit, or an index lies outside.</exception>
    public static Var ScatterAddColumns<T>(this Tape<T> tape, Var x, Var index, int cols) where T : unmanaged, IFloatingPointIeee754<T>
        => ScatterAddColumnsOp<T>.Record(tape, x, index, cols);
}
