using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = log(Gamma(x + 1/2) / (Gamma(x) sqrt x)), element by element, x above 0: the normaliser of Student's t with 2 x degrees of freedom.</summary>
/// <remarks>One op and not a difference of two log-gammas: for large x those cancel to nothing in single precision. A handful of numbers a step, so there is no vector version.</remarks>
public sealed class LogGammaRatioOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly LogGammaRatioOp<T> Instance = new();

    // Slices x, y.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("log-gamma-ratio", static (in CpuArgs<T> a) =>
    {
        Span<T> x = a[0], y = a[1];
        for (int i = 0; i < x.Length; i++) y[i] = SpecialFunctions.LogGammaRatio(x[i]);
    });

    // Slices x, v, y: y += f'(x) v.
    private static readonly KernelId DerivativeId = CpuKernels<T>.Define("log-gamma-ratio-derivative", static (in CpuArgs<T> a) =>
    {
        Span<T> x = a[0], v = a[1], y = a[2];
        for (int i = 0; i < x.Length; i++) y[i] += SpecialFunctions.LogGammaRatioDerivative(x[i]) * v[i];
    });

    /// <inheritdoc/>
    public override string Name => "log-gamma-ratio";

    /// <inheritdoc/>
    public override string Formula => "y = ln(Gamma(x + 1/2) / (Gamma(x) sqrt x));  dx = (digamma(x + 1/2) - digamma(x) - 1/(2 x)) dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records the ratio; x [rows x cols], above 0.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, x.Cols).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.Y()]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(DerivativeId, [c.X(0), c.Dy(), c.Dx(0)]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(DerivativeId, [c.X(0), c.Tx(0), c.Ty()]);
    }
}

/// <summary>Recording <see cref="LogGammaRatioOp{T}"/>.</summary>
public static class LogGammaRatioOpRecording
{
    /// <inheritdoc cref="LogGammaRatioOp{T}.Record"/>
    public static Var LogGammaRatio<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => LogGammaRatioOp<T>.Record(tape, x);
}
