using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// y = log|det T(w)| of a zero-padded convolution that keeps its channels, exactly, with the exact gradient: block elimination, or a band LU with
/// partial pivoting where that is not accurate. T of order D = C H W is never formed. b = C times the pixels of one block of lines:
/// at most 6 D b^2 flops forward, 12 D b^2 backward; keeps D b numbers.
/// </summary>
public sealed class ConvLogAbsDetOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ConvLogAbsDetOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "conv-log-abs-det";

    /// <inheritdoc/>
    public override string Formula => "y = log|det T(w)|;  dw[o,c,t] = dy sum over p of T^-1[(c,p+t),(o,p)]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records log|det T| [1 x 1]; minus infinity where T is exactly singular.</summary>
    /// <exception cref="ArgumentException">The weight does not fit the shape, the channels differ, the padding is circular, or the blocks are too large.</exception>
    public static Var Record(Tape<T> tape, Var weight, in ConvShape shape)
    {
        RequireSquare("ConvLogAbsDet", weight, shape);
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [weight], 1, 1, scratch: ConvDeterminant<T>.KeptLength(shape), i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        ConvDeterminant<T>.Value(c.Backend, shape, c.X(0), c.Scratch, c.Y(), c.Borrow(ConvDeterminant<T>.WorkLength(shape)));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">T is exactly singular.</exception>
    public override void Backward(in OpContext<T> c)
    {
        AddGradient(c, c.Dx(0), c.Dy());
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (c.Tx(0).IsNone) return;
        Slice gradient = c.Borrow(c.In(0).Length);
        BasicKernels<T>.Fill(c.Backend, gradient, 0);
        AddGradient(c, gradient, Slice.None);
        BasicKernels<T>.Dot(c.Backend, gradient, c.Tx(0), c.Ty());
    }

    internal static void RequireSquare(string what, Var weight, in ConvShape shape)
    {
        shape.Check();
        Conv2dOp<T>.RequireWeight(what, weight, shape);
        if (shape.InChannels != shape.OutChannels) throw new ArgumentException($"{what}: {shape}; a matrix with a determinant needs equal channels.");
        if (shape.Circular) throw new ArgumentException($"{what}: {shape}; this is for zeros around the image, circular padding has a Fourier form.");
    }

    private static void AddGradient(in OpContext<T> c, Slice dw, Slice factor)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        ConvDeterminant<T>.AddGradient(c.Backend, shape, c.X(0), c.Scratch, dw, c.Borrow(ConvDeterminant<T>.WorkLength(shape)), 1, factor);
    }
}

/// <summary>Recording <see cref="ConvLogAbsDetOp{T}"/>.</summary>
public static class ConvLogAbsDetOpRecording
{
    /// <inheritdoc cref="ConvLogAbsDetOp{T}.Record"/>
    public static Var ConvLogAbsDet<T>(this Tape<T> tape, Var weight, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => ConvLogAbsDetOp<T>.Record(tape, weight, shape);
}
