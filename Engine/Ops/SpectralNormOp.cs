using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// y = W / max(1, sigma / c): the weight with its largest singular value held at most c. sigma = u^T W v by power iteration from a given u;
/// the singular vectors are constants in the gradient, which is exact where they have converged.
/// </summary>
public sealed class SpectralNormOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SpectralNormOp<T> Instance = new();

    // Slices W, u0, y, (u, v, sigma); sizes rows, cols, steps; reals c, tolerance.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("spectral-norm",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> u = a[3][..rows], v = a[3].Slice(rows, cols);
            a[1].CopyTo(u);
            v.Clear();
            double sigma = PowerIteration.Run(a[0], rows, cols, u, v, a.Size(2), a.Real64(1));
            a[3][rows + cols] = T.CreateTruncating(sigma);
            // NaN in W reaches sigma and must reach y: only a sigma known to be small leaves W alone.
            T scale = sigma <= a.Real64(0) ? T.One : T.CreateTruncating(a.Real64(0) / sigma);
            VectorOps.Scale<T>(scale, a[0], a[2]);
        });

    // Slices W, (u, v, sigma), dy, dW; sizes rows, cols; real c.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("spectral-norm-backward",
        static (in CpuArgs<T> a) =>
        {
            T sigma = a[1][a.Size(0) + a.Size(1)], c = a.Real(0);
            if (sigma <= c)
            {
                VectorOps.AddScaled(T.One, a[2], a[3]);
                return;
            }
            // y = (c / sigma) W: dW = (c / sigma) (dy - <dy, W> / sigma u v^T).
            T scale = c / sigma, inner = VectorOps.Dot<T>(a[2], a[0]) / sigma;
            VectorOps.AddScaled(scale, a[2], a[3]);
            for (int i = 0; i < a.Size(0); i++)
                VectorOps.AddScaled(-scale * inner * a[1][i], a[1].Slice(a.Size(0), a.Size(1)), a[3].Slice(i * a.Size(1), a.Size(1)));
        });

    // Slices W, (u, v, sigma), tW, ty; sizes rows, cols; real c.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("spectral-norm-jvp",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T sigma = a[1][rows + cols], c = a.Real(0), moved = T.Zero;
            if (sigma <= c)
            {
                a[2].CopyTo(a[3]);
                return;
            }
            for (int i = 0; i < rows; i++) moved += a[1][i] * VectorOps.Dot<T>(a[2].Slice(i * cols, cols), a[1].Slice(rows, cols));
            VectorOps.Scale<T>(c / sigma, a[2], a[3]);
            VectorOps.AddScaled(-c * moved / (sigma * sigma), a[0], a[3]);
        });

    /// <inheritdoc/>
    public override string Name => "spectral-norm";

    /// <inheritdoc/>
    public override string Formula => "y = W / max(1, s / c), s = u^T W v;  dW = dy where s <= c, (c/s) (dy - <dy, W>/s u v^T) above";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records the bounded weight and what it was found with. Cost: 4 rows cols flops a step of the iteration.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="w">W [rows x cols].</param>
    /// <param name="u0">Left vector to start from, rows numbers; a constant.</param>
    /// <param name="bound">Largest singular value c that y may have.</param>
    /// <param name="steps">Most steps of the iteration: 1 while training, many for an exact bound.</param>
    /// <param name="tolerance">Distance from the singular vector at which the iteration stops early; 0 never.</param>
    /// <returns>y [rows x cols], and the constants u, v, sigma side by side [1 x (rows + cols + 1)].</returns>
    /// <exception cref="ArgumentException">A shape or number is out of range.</exception>
    public static (Var Weight, Var Vectors) Record(Tape<T> tape, Var w, Var u0, double bound, int steps, double tolerance = 0)
    {
        if (u0.Length != w.Rows) throw new ArgumentException($"SpectralNorm: W is {w.Shape}, u is {u0.Shape}; u must hold {w.Rows} numbers.");
        if (!(bound > 0) || !double.IsFinite(bound)) throw new ArgumentException($"SpectralNorm: the bound is {bound}; it must be finite and above 0.");
        if (steps < 1) throw new ArgumentException($"SpectralNorm: {steps} steps; there must be at least 1.");
        ref readonly Node<T> node = ref tape.Record(Instance, [w, u0.Detach()], w.Rows, w.Cols, 1, w.Rows + w.Cols + 1, i0: steps, p0: bound, p1: tolerance);
        return (node.Out0, node.Out1.Detach());
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
        => c.Run(ForwardId, [c.X(0), c.X(1), c.Y(), c.Y(1)], [c.Out().Rows, c.Out().Cols, c.Node.I0], [c.Node.P0, c.Node.P1]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        if (!c.Dx(0).IsNone) c.Run(BackwardId, [c.X(0), c.Y(1), c.Dy(), c.Dx(0)], [c.Out().Rows, c.Out().Cols], [c.Node.P0]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(JvpId, [c.X(0), c.Y(1), c.Tx(0), c.Ty()], [c.Out().Rows, c.Out().Cols], [c.Node.P0]);
    }
}
