using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// A monotone rational-quadratic spline with linear tails on every element, or its inverse, with log|det| [B x 1]. Raw parameters
/// [1 x D (3K-1)] serve the whole batch; [B x D (3K-1)] give every sample its own (couplings, autoregressive nets).
/// </summary>
/// <remarks>Source: Durkan et al. 2019, Neural Spline Flows, section 3 and appendix A.</remarks>
public sealed class RationalQuadraticSplineOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RationalQuadraticSplineOp<T> Instance = new();

    // Slices in, raw, settings, out, log-det; sizes bins.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("rational-quadratic-spline",
        static (in CpuArgs<T> a) => RationalQuadratic.Forward(a[0], a[1], a[2], a[3], a[4], a.Size(0)),
        static (in CpuArgs<T> a) => RationalQuadraticSimd.Forward(a[0], a[1], a[2], a[3], a[4], a.Size(0), a.Workers));

    private static readonly KernelId InverseId = CpuKernels<T>.Define("rational-quadratic-spline-inverse",
        static (in CpuArgs<T> a) => RationalQuadratic.Inverse(a[0], a[1], a[2], a[3], a[4], a.Size(0)),
        static (in CpuArgs<T> a) => RationalQuadraticSimd.Inverse(a[0], a[1], a[2], a[3], a[4], a.Size(0), a.Workers));

    // Slices in, out, raw, settings, dout, dlogdet, din, draw; sizes bins.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("rational-quadratic-spline-backward",
        static (in CpuArgs<T> a) => RationalQuadratic.Backward(a[0], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0)),
        static (in CpuArgs<T> a) => RationalQuadraticSimd.Backward(a[0], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0), a.Workers));

    private static readonly KernelId InverseBackwardId = CpuKernels<T>.Define("rational-quadratic-spline-inverse-backward",
        static (in CpuArgs<T> a) => RationalQuadratic.InverseBackward(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0)),
        static (in CpuArgs<T> a) => RationalQuadraticSimd.InverseBackward(a[0], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0), a.Workers));

    // Slices in, out, raw, settings, tin, traw, tout, tlogdet; sizes bins.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("rational-quadratic-spline-jvp",
        static (in CpuArgs<T> a) => RationalQuadratic.Jvp(a[0], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0)));

    private static readonly KernelId InverseJvpId = CpuKernels<T>.Define("rational-quadratic-spline-inverse-jvp",
        static (in CpuArgs<T> a) => RationalQuadratic.InverseJvp(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0)));

    /// <inheritdoc/>
    public override string Name => "rational-quadratic-spline";

    /// <inheritdoc/>
    public override string Formula => "z = y0 + h (s t^2 + d0 q)/(s + (d0+d1-2s) q), l = sum log dz/dx, s = h/w, t = (x-x0)/w, q = t(1-t)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records z [B x D] and log|det dz/dx| [B x 1].</summary>
    /// <exception cref="ArgumentException">The settings make no spline, or the raw parameters have another shape than 1 or B rows of D (3K-1).</exception>
    public static (Var Z, Var LogDet) Record(Tape<T> tape, Var x, Var raw, in SplineSettings settings) => Record(tape, x, raw, settings, 0);

    /// <summary>Records the inverse: x [B x D] and log|det dx/dz| [B x 1].</summary>
    /// <exception cref="ArgumentException">As for <see cref="Record(Tape{T}, Var, Var, in SplineSettings)"/>.</exception>
    public static (Var X, Var LogDet) RecordInverse(Tape<T> tape, Var z, Var raw, in SplineSettings settings) => Record(tape, z, raw, settings, 1);

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
        => c.Run(c.Node.I0 == 0 ? ForwardId : InverseId, [c.X(0), c.X(1), c.X(2), c.Y(), c.Y(1)], [c.Node.I1]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => c.Run(c.Node.I0 == 0 ? BackwardId : InverseBackwardId,
            [c.X(0), c.Y(), c.X(1), c.X(2), c.Dy(), c.Dy(1), c.Dx(0), c.Dx(1)], [c.Node.I1]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
        => c.Run(c.Node.I0 == 0 ? JvpId : InverseJvpId,
            [c.X(0), c.Y(), c.X(1), c.X(2), c.Tx(0), c.Tx(1), c.Ty(), c.Ty(1)], [c.Node.I1]);

    private static (Var, Var) Record(Tape<T> tape, Var x, Var raw, in SplineSettings settings, int inverse)
    {
        settings.Check();
        if (raw.Cols != x.Cols * settings.RawLength || (raw.Rows != 1 && raw.Rows != x.Rows))
            throw new ArgumentException(
                $"RationalQuadraticSpline: input is {x.Shape}, raw parameters are {raw.Shape}; with {settings.Bins} bins they must be 1x{x.Cols * settings.RawLength} or {x.Rows}x{x.Cols * settings.RawLength}.");
        Var numbers = settings.Record(tape);
        ref readonly Node<T> node = ref tape.Record(Instance, [x, raw, numbers], x.Rows, x.Cols, x.Rows, 1, i0: inverse, i1: settings.Bins);
        return (node.Out0, node.Out1);
    }
}
