using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// y with Phi(y) = p, given both log p and log(1 - p), so that neither tail loses digits: the smaller of the two decides, and takes the gradient.
/// </summary>
public sealed class NormalQuantileOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly NormalQuantileOp<T> Instance = new();

    // Slices log p, log q, y.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("normal-quantile",
        static (in CpuArgs<T> a) =>
        {
            Span<T> p = a[0], q = a[1], y = a[2];
            for (int i = 0; i < y.Length; i++) y[i] = p[i] <= q[i] ? SpecialFunctions.NormalQuantile(p[i]) : -SpecialFunctions.NormalQuantile(q[i]);
        });

    // Slices log p, log q, y, v, w, reals side: w += v dy/dlog p (side 0) or dy/dlog q (side 1).
    private static readonly KernelId BackwardKernel = CpuKernels<T>.Define("normal-quantile-backward",
        static (in CpuArgs<T> a) =>
        {
            Span<T> p = a[0], q = a[1], y = a[2], v = a[3], w = a[4];
            T half = T.CreateTruncating(0.5), constant = T.CreateTruncating(LogNormalCdfOp<T>.LogRootTwoPi);
            bool right = a.Size(0) == 1;
            for (int i = 0; i < w.Length; i++)
            {
                if (p[i] <= q[i] == right) continue;
                T slope = T.Exp((right ? q[i] : p[i]) + (half * y[i] * y[i]) + constant);
                w[i] += right ? -(v[i] * slope) : v[i] * slope;
            }
        });

    /// <inheritdoc/>
    public override string Name => "normal-quantile";

    /// <inheritdoc/>
    public override string Formula => "Phi(y) = p, from log p where p <= 1/2, from log(1-p) elsewhere;  dlog p = dy p/phi(y), or dlog(1-p) = -dy (1-p)/phi(y)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records y. Cost: a rational function of degree 7 an element, one exp backward.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="logP">log p.</param>
    /// <param name="logQ">log(1 - p).</param>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public static Var Record(Tape<T> tape, Var logP, Var logQ)
    {
        if (logP.Rows != logQ.Rows || logP.Cols != logQ.Cols) throw new ArgumentException($"NormalQuantile: log p is {logP.Shape}, log(1 - p) is {logQ.Shape}; they must be equal.");
        return tape.Record(Instance, [logP, logQ], logP.Rows, logP.Cols).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.X(1), c.Y()]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        for (int side = 0; side < 2; side++)
            if (!c.Dx(side).IsNone) c.Run(BackwardKernel, [c.X(0), c.X(1), c.Y(), c.Dy(), c.Dx(side)], [side]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        for (int side = 0; side < 2; side++)
            if (!c.Tx(side).IsNone) c.Run(BackwardKernel, [c.X(0), c.X(1), c.Y(), c.Tx(side), c.Ty()], [side]);
    }
}

/// <summary>Recording <see cref="NormalQuantileOp{T}"/>.</summary>
public static class NormalQuantileOpRecording
{
    /// <summary>The normal quantile of p, given log p and log(1 - p).</summary>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public static Var NormalQuantile<T>(this Tape<T> tape, Var logP, Var logQ) where T : unmanaged, IFloatingPointIeee754<T> => NormalQuantileOp<T>.Record(tape, logP, logQ);
}
