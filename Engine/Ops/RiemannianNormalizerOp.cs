using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = G(exp x), element by element: the radial log-normaliser of a Riemannian normal in n dimensions, x = log(sigma/R) (<see cref="RiemannianRadius"/>).</summary>
/// <remarks>A quadrature in double for every element type; a number or two a step, so there is no vector version.</remarks>
public sealed class RiemannianNormalizerOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RiemannianNormalizerOp<T> Instance = new();

    // Slices x, y; sizes n.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("riemannian-normalizer", static (in CpuArgs<T> a) =>
    {
        Span<T> x = a[0], y = a[1];
        for (int i = 0; i < x.Length; i++) y[i] = T.CreateTruncating(RiemannianRadius.LogNormalizer(a.Size(0), Math.Exp(double.CreateTruncating(x[i]))).Value);
    });

    // Slices x, v, y; sizes n: y += G'(x) v.
    private static readonly KernelId DerivativeId = CpuKernels<T>.Define("riemannian-normalizer-derivative", static (in CpuArgs<T> a) =>
    {
        Span<T> x = a[0], v = a[1], y = a[2];
        for (int i = 0; i < x.Length; i++) y[i] += T.CreateTruncating(RiemannianRadius.LogNormalizer(a.Size(0), Math.Exp(double.CreateTruncating(x[i]))).Slope) * v[i];
    });

    /// <inheritdoc/>
    public override string Name => "riemannian-normalizer";

    /// <inheritdoc/>
    public override string Formula => "y = ln int_0^inf (sinh(s t)/s)^(n-1) exp(-t^2/2) dt, s = exp(x);  dx = (n-1) E[s t coth(s t) - 1] dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records y; x [rows x cols], log(sigma/R).</summary>
    /// <exception cref="ArgumentException">The dimension is not at least 1.</exception>
    public static Var Record(Tape<T> tape, Var x, int dimension)
    {
        if (dimension < 1) throw new ArgumentException($"RiemannianNormalizer: dimension is {dimension}; it must be at least 1.");
        return tape.Record(Instance, [x], x.Rows, x.Cols, p0: dimension).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.Y()], [(int)c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(DerivativeId, [c.X(0), c.Dy(), c.Dx(0)], [(int)c.Node.P0]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(DerivativeId, [c.X(0), c.Tx(0), c.Ty()], [(int)c.Node.P0]);
    }
}

/// <summary>Recording <see cref="RiemannianNormalizerOp{T}"/>.</summary>
public static class RiemannianNormalizerOpRecording
{
    /// <inheritdoc cref="RiemannianNormalizerOp{T}.Record"/>
    public static Var RiemannianNormalizer<T>(this Tape<T> tape, Var x, int dimension) where T : unmanaged, IFloatingPointIeee754<T> => RiemannianNormalizerOp<T>.Record(tape, x, dimension);
}
