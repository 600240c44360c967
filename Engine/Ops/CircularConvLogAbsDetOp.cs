using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// log|det T(w)| of a circular convolution with as many channels out as in: the sum over frequencies of log|det w^|, C x C each.
/// dw[o, c, t] = dy Re sum over f of w^(f)^-1 [c, o] e^(i angle of tap t at f).
/// </summary>
public sealed class CircularConvLogAbsDetOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly CircularConvLogAbsDetOp<T> Instance = new();

    // Slices a, b, y: y = a . b.
    private static readonly KernelId DotId = CpuKernels<T>.Define("circular-log-abs-det-jvp", static (in CpuArgs<T> a) => a[2][0] = VectorOps.Dot<T>(a[0], a[1]));

    // Slices first singular frequency and its pivot; sizes the packed shape.
    private static readonly KernelId RefuseId = CpuKernels<T>.Define("circular-refuse-singular", static (in CpuArgs<T> a) =>
    {
        int f = int.CreateTruncating(a[0][0]);
        if (f < 0) return;
        var shape = ConvShape.Unpack(a.Size(0), a.Size(1), a.Size(2));
        int half = (shape.Width / 2) + 1;
        throw new SingularMatrixException($"Circular convolution ({shape}), frequency ({f / half}, {f % half})", shape.InChannels, int.CreateTruncating(a[0][1]));
    });

    /// <inheritdoc/>
    public override string Name => "circular-conv-log-abs-det";

    /// <inheritdoc/>
    public override string Formula => "y = sum over f of log|det w^(f)|, w^(f) = sum_t w[..t] e^(i f.t);  dw[o,c,t] = dy Re sum over f of w^(f)^-1[c,o] e^(i f.t)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records y [1 x 1] in nats from w [C x C rows columns]; minus infinity where T is exactly singular. 32/3 C^3 F + 4 C^2 F taps flops, F = H (W/2 + 1).</summary>
    /// <exception cref="ArgumentException">The shape is not circular or not square, or the weight does not fit.</exception>
    public static Var Record(Tape<T> tape, Var weight, in ConvShape shape)
    {
        CircularSpectrum<T>.Check("CircularConvLogAbsDet", shape);
        Conv2dOp<T>.RequireWeight("CircularConvLogAbsDet", weight, shape);
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [weight], 1, 1, scratch: CircularSpectrum<T>.MatrixLength(shape) + 2, i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        CircularSpectrum<T>.Invert(c.Backend, shape, c.X(0), Inverses(c, shape), c.Y(), Singular(c, shape), c.Borrow(CircularSpectrum<T>.InvertRoom(shape)), 1);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">The matrix of a frequency is exactly singular.</exception>
    public override void Backward(in OpContext<T> c) => AddGradient(c, c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone)
        {
            BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
            return;
        }
        Slice one = c.Borrow(1), gradient = c.Borrow(c.In(0).Length);
        BasicKernels<T>.Fill(c.Backend, one, 1);
        BasicKernels<T>.Fill(c.Backend, gradient, 0);
        AddGradient(c, one, gradient);
        c.Run(DotId, [gradient, c.Tx(0), c.Ty()]);
    }

    private static void AddGradient(in OpContext<T> c, Slice dy, Slice dw)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        c.Run(RefuseId, [Singular(c, shape)], [c.Node.I0, c.Node.I1, c.Node.I2]);
        CircularSpectrum<T>.WeightGradient(c.Backend, shape, Inverses(c, shape), dy, c.Borrow(CircularSpectrum<T>.MatrixLength(shape)), dw, c.Borrow(CircularSpectrum<T>.InvertRoom(shape)));
    }

    private static Slice Inverses(in OpContext<T> c, in ConvShape shape) => c.Scratch.Part(0, CircularSpectrum<T>.MatrixLength(shape));

    private static Slice Singular(in OpContext<T> c, in ConvShape shape) => c.Scratch.Part(CircularSpectrum<T>.MatrixLength(shape), 2);
}

/// <summary>Recording <see cref="CircularConvLogAbsDetOp{T}"/>.</summary>
public static class CircularConvLogAbsDetOpRecording
{
    /// <inheritdoc cref="CircularConvLogAbsDetOp{T}.Record"/>
    public static Var CircularConvLogAbsDet<T>(this Tape<T> tape, Var weight, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => CircularConvLogAbsDetOp<T>.Record(tape, weight, shape);
}
