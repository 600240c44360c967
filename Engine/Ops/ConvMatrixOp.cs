using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The dense matrix T of a convolution, z = T x, for any padding. The oracle for everything that avoids it; memory OutLength InLength.</summary>
public sealed class ConvMatrixOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ConvMatrixOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "conv-matrix";

    /// <inheritdoc/>
    public override string Formula => "T[(o,p),(c,p+t)] = w[o,c,t];  dw[o,c,t] = sum over p of dT[(o,p),(c,p+t)]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records T [out-channels pixels x in-channels pixels]. Cost: one pass over T.</summary>
    /// <exception cref="ArgumentException">The weight does not fit the shape, or T has too many elements.</exception>
    public static Var Record(Tape<T> tape, Var weight, in ConvShape shape)
    {
        shape.Check();
        Conv2dOp<T>.RequireWeight("ConvMatrix", weight, shape);
        if ((long)shape.OutLength * shape.InLength > int.MaxValue) throw new ArgumentException($"ConvMatrix: the matrix of {shape} is {shape.OutLength}x{shape.InLength}; that is too many elements.");
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [weight], shape.OutLength, shape.InLength, i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => ConvMatrix<T>.Build(c.Backend, Conv2dOp<T>.Shape(c.Node), c.X(0), c.Y());

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => ConvMatrix<T>.AddTaps(c.Backend, Conv2dOp<T>.Shape(c.Node), c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else ConvMatrix<T>.Build(c.Backend, Conv2dOp<T>.Shape(c.Node), c.Tx(0), c.Ty());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        // Row p of the identity, convolved, is column p of T.
        ConvShape shape = Conv2dOp<T>.Shape(tape.Node(node));
        return Conv2dWeightGradientOp<T>.Record(tape, tape.Identity(shape.InLength), tape.Transpose(dy), shape);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Record(tape, dx, Conv2dOp<T>.Shape(tape.Node(node)));
}

/// <summary>Recording <see cref="ConvMatrixOp{T}"/>.</summary>
public static class ConvMatrixOpRecording
{
    /// <inheritdoc cref="ConvMatrixOp{T}.Record"/>
    public static Var ConvMatrix<T>(this Tape<T> tape, Var weight, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => ConvMatrixOp<T>.Record(tape, weight, shape);
}
