using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// y = log|det T(w)| of a zero-padded convolution that keeps its channels: the value is exact, the gradient an unbiased estimate. With n random
/// vectors of signs v (E[v v^T] = I) and T^T u = v, E[u v^T] = T^-T, so that the mean over the probes of the convolution's weight gradient
/// for (input v, output u) is the gradient of the value.
/// </summary>
/// <remarks>Source: Hutchinson's estimator (1990) with a band solve in place of the inverse.</remarks>
public sealed class ConvLogAbsDetProbesOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ConvLogAbsDetProbesOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "conv-log-abs-det-probes";

    /// <inheritdoc/>
    public override string Formula => "y = log|det T(w)|;  dw[o,c,t] = dy/n sum over probes, p of u[o,p] v[c,p+t],  T^T u = v";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records log|det T| [1 x 1]. With half-bandwidth p about 4 D p^2 flops forward, 6 n D p backward.</summary>
    /// <param name="tape">Where to record.</param>
    /// <param name="weight">Weight [C x C taps].</param>
    /// <param name="shape">Geometry.</param>
    /// <param name="probes">Number n of probes.</param>
    /// <param name="key">Random key of the probes.</param>
    /// <param name="stream">Stream of the probes, one per layer and step.</param>
    /// <exception cref="ArgumentException">The weight does not fit the shape, the channels differ, the padding is circular, the band is too large, or there is no probe.</exception>
    public static Var Record(Tape<T> tape, Var weight, in ConvShape shape, int probes, ulong key, long stream)
    {
        ConvLogAbsDetOp<T>.RequireSquare("ConvLogAbsDetProbes", weight, shape);
        if (probes < 1) throw new ArgumentException($"ConvLogAbsDetProbes: {probes} probes; it needs at least one.");
        (int a, int b, int c) = shape.Pack();
        // Integers are taken by the shape; these two are exact as reals.
        return tape.Record(Instance, [weight], 1, 1, scratch: ConvBand<T>.FactorLength(shape), i0: a, i1: b, i2: c, p0: probes, p1: unchecked((int)stream), key: key).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        ConvBand<T>.Factor(c.Backend, shape, c.X(0), c.Scratch);
        ConvBand<T>.LogAbsDet(c.Backend, shape, c.Scratch, c.Y());
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">T is exactly singular.</exception>
    public override void Backward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int n = (int)c.Node.P0;
        Slice v = c.Borrow(n * shape.InLength), u = c.Borrow(n * shape.InLength), work = c.Borrow(ConvBand<T>.SolveWork(shape, n));
        c.Backend.Random(new RandomArgs(RandomKind.Rademacher, v, c.Node.Key, unchecked((ulong)(int)c.Node.P1)));
        ConvBand<T>.Solve(c.Backend, shape, c.Scratch, n, v, u, work, transposed: true);
        Slice sum = c.Borrow(c.In(0).Length);
        Convolution<T>.WeightGradient(c.Backend, shape, n, v, u, sum, 1, add: false);
        ScalarKernels<T>.AddScaled(c.Backend, c.Dy(), sum, c.Dx(0), 1.0 / n);
    }

    /// <inheritdoc/>
    /// <remarks>Of the value, hence exact.</remarks>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (c.Tx(0).IsNone) return;
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        Slice gradient = c.Borrow(c.In(0).Length);
        BasicKernels<T>.Fill(c.Backend, gradient, 0);
        ConvBand<T>.AddGradient(c.Backend, shape, c.Scratch, gradient, c.Borrow(ConvBand<T>.GradientWork(shape)), 1);
        BasicKernels<T>.Dot(c.Backend, gradient, c.Tx(0), c.Ty());
    }
}

/// <summary>Recording <see cref="ConvLogAbsDetProbesOp{T}"/>.</summary>
public static class ConvLogAbsDetProbesOpRecording
{
    /// <inheritdoc cref="ConvLogAbsDetProbesOp{T}.Record"/>
    public static Var ConvLogAbsDetProbes<T>(this Tape<T> tape, Var weight, in ConvShape shape, int probes, ulong key, long stream) where T : unmanaged, IFloatingPointIeee754<T>
        => ConvLogAbsDetProbesOp<T>.Record(tape, weight, shape, probes, key, stream);
}
