using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>How <see cref="SelfNormalizingLinearOp{T}"/> treats the learned inverse.</summary>
public enum SelfNormalizingForm
{
    /// <summary>As published: half of the likelihood gradient for W, half for R (Keller et al. 2021, eq. 6-13).</summary>
    Published = 0,

    /// <summary>W's likelihood gradient has weight 1; R learns from the reconstruction penalty alone.</summary>
    ReconstructionOnly = 1,

    /// <summary>The published update by the products of its authors' code: Z~ computed again for the penalty, an outer product for each term. Nine products instead of six, for the cost alone; only on a matrix, only on the data.</summary>
    PublishedUnfused = 2,
}

/// <summary>
/// The self-normalizing layer z = W x + b with learned inverse R. Its backward is, on purpose, not the gradient of any scalar: the
/// inverse transpose in the gradient of log|det W| is replaced by R^T.
/// </summary>
/// <remarks>
/// With Z~ = X W^T, E = Z~ R^T - X, P = E R, weight a = 1/2 (published) or 1, and g the cotangent of the log-determinant slot
/// (-1 for a mean negative log-likelihood):
/// G_W = (a dZ + (2 lambda/B) P)^T X + a g R^T,
/// G_R = (2 lambda/B) E^T Z~  (published: also -1/2 dX^T Z~ - 1/2 g W^T),
/// six products in all, because the penalty's part is added to dZ before the weight product. The penalty reaches both W and R and
/// stops at x. With probes, E is measured on n fresh standard normal rows instead of X, which takes three products more (two for
/// reconstruction alone); unfused, the same is done with the rows of X themselves.
/// Out1 = [log-determinant slot (always 0), lambda * mean |E|^2, mean |E|^2].
/// </remarks>
public sealed class SelfNormalizingLinearOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SelfNormalizingLinearOp<T> Instance = new();

    // Slices x, e, out (three numbers); reals 1/rows, weight: e := e - x, out := [0, weight m, m] with m the mean over the rows of |e|^2.
    private static readonly KernelId ResidualId = CpuKernels<T>.Define("reconstruction-residual",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], e = a[1], y = a[2];
            T sum = T.Zero;
            for (int i = 0; i < e.Length; i++)
            {
                e[i] -= x[i];
                sum += e[i] * e[i];
            }
            y[0] = T.Zero;
            y[2] = a.Real(0) * sum;
            y[1] = a.Real(1) * y[2];
        },
        static (in CpuArgs<T> a) =>
        {
            // In pieces that are still in the first-level cache when they are squared.
            const int Piece = 2048;
            Span<T> x = a[0], e = a[1], y = a[2];
            T sum = T.Zero;
            for (int i = 0; i < e.Length; i += Piece)
            {
                Span<T> part = e.Slice(i, Math.Min(Piece, e.Length - i));
                System.Numerics.Tensors.TensorPrimitives.Subtract(part, x.Slice(i, part.Length), part);
                sum += VectorOps.SumSquares<T>(part);
            }
            y[0] = T.Zero;
            y[2] = a.Real(0) * sum;
            y[1] = a.Real(1) * y[2];
        });

    /// <inheritdoc/>
    public override string Name => "self-normalizing-linear";

    /// <inheritdoc/>
    public override string Formula => "z = W x + b;  G_W = (a dZ + 2l/B P)^T X + a g R^T,  G_R = 2l/B E^T Z~ [- dX^T Z~/2 - g W^T/2]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records the layer. Returns z [B x D], the log-determinant slot, the weighted penalty and mean |E|^2 (each 1x1).</summary>
    /// <param name="tape">Where to record.</param>
    /// <param name="x">Input [B x D].</param>
    /// <param name="w">W [D x D].</param>
    /// <param name="r">R [D x D].</param>
    /// <param name="bias">b [1 x D] or <see cref="Var.None"/>.</param>
    /// <param name="form">Published or reconstruction-only.</param>
    /// <param name="lambda">Reconstruction weight.</param>
    /// <param name="probes">0: penalty on the data; otherwise the number of probe rows.</param>
    /// <param name="key">Random key of the probes.</param>
    /// <param name="stream">Stream of the probes, one per layer and step.</param>
    public static (Var Z, Var LogDetSlot, Var Penalty, Var Reconstruction) Record(
        Tape<T> tape, Var x, Var w, Var r, Var bias, SelfNormalizingForm form, double lambda, int probes = 0, ulong key = 0, long stream = 0)
    {
        int d = x.Cols;
        if (w.Rows != d || w.Cols != d || r.Rows != d || r.Cols != d)
            throw new ArgumentException($"SelfNormalizingLinear: input is {x.Shape}, W is {w.Shape}, R is {r.Shape}; both must be {d}x{d}.");
        bool unfused = form == SelfNormalizingForm.PublishedUnfused;
        if (unfused && probes != 0) throw new ArgumentException($"SelfNormalizingLinear: the unfused form measures its penalty on the data; it was given {probes} probes.");
        int n = probes == 0 ? x.Rows : probes;
        // Kept for backward: Z~ [B x D], E [n x D] and, where the penalty has products of its own, V W^T and with probes V [n x D].
        int scratch = x.Rows * d + n * d + (unfused ? n * d : probes == 0 ? 0 : 2 * n * d);
        ref readonly Node<T> node = ref tape.Record(Instance, [x, w, r, bias], x.Rows, d, 1, 3, scratch, (int)form, probes, unchecked((int)stream), lambda, key: key);
        Var o = node.Out1;
        return (node.Out0, o.Element(0), o.Element(1), o.Element(2).Detach());
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        IBackend<T> backend = c.Backend;
        int b = c.In(0).Rows, d = c.In(0).Cols, probes = c.Node.I1, n = probes == 0 ? b : probes;
        bool apart = Parts(c, out Slice zt, out Slice e, out Slice v, out Slice vw);
        backend.Gemm(new GemmArgs(b, d, d, c.X(0), c.X(1), zt) { TransposeB = true });
        if (c.In(3).IsNone) BasicKernels<T>.Copy(backend, zt, c.Y());
        else AddOp<T>.AddRow(backend, zt, c.X(3), c.Y(), b, d);
        if (probes > 0) backend.Random(new RandomArgs(RandomKind.Gaussian, v, c.Node.Key, unchecked((ulong)c.Node.I2)));
        if (apart) backend.Gemm(new GemmArgs(n, d, d, v, c.X(1), vw) { TransposeB = true });
        backend.Gemm(new GemmArgs(n, d, d, vw, c.X(2), e) { TransposeB = true });
        Residual(backend, v, e, c.Y(1), n, c.Node.P0);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        IBackend<T> backend = c.Backend;
        int b = c.In(0).Rows, d = c.In(0).Cols, probes = c.Node.I1, n = probes == 0 ? b : probes;
        bool published = c.Node.I0 != (int)SelfNormalizingForm.ReconstructionOnly;
        double a = published ? 0.5 : 1;
        // The cotangents stay where they are; k is the factor on the second.
        Slice g = c.Dy(1).Part(0, 1), penalty = c.Dy(1).Part(1, 1);
        double k = 2 * c.Node.P0 / n;
        bool apart = Parts(c, out Slice zt, out Slice e, out Slice v, out Slice vw);
        Slice x = c.X(0), w = c.X(1), r = c.X(2), dz = c.Dy();

        if (c.Wants(3)) BasicKernels<T>.ColumnSum(backend, dz, c.Dx(3), b, d);

        // dX = dZ W is wanted by the layer below, and by R in the published form.
        Slice dxHere = Slice.None;
        if (!published) LinearMap.InputGradient(c);
        else
        {
            dxHere = c.Borrow(b * d);
            backend.Gemm(new GemmArgs(b, d, d, dz, w, dxHere));
            if (c.Wants(0)) BasicKernels<T>.AddScaled(backend, dxHere, c.Dx(0));
        }

        Slice left = c.Borrow(n * d);
        if (c.Wants(1))
        {
            // P = E R, scaled; on the data it joins dZ, so that one product serves both.
            backend.Gemm(new GemmArgs(n, d, d, e, r, left));
            if (!apart)
            {
                ScalarKernels<T>.ScaleAndAdd(backend, penalty, dz, left, k, a);
                LinearMap.WeightGradient(c, 1, left, x, b, r, g, a);
            }
            else
            {
                ScalarKernels<T>.Scale(backend, penalty, left, left, k);
                Slice dw = c.ClaimDx(1, out bool add);
                backend.Gemm(new GemmArgs(d, d, b, dz, x, dw) { TransposeA = true, Accumulate = add, Alpha = a });
                LinearMap.WeightGradient(c, 1, left, v, n, r, g, a);
            }
        }

        if (!c.Wants(2)) return;
        if (!published)
        {
            Slice dr = c.ClaimDx(2, out bool add);
            ScalarKernels<T>.Scale(backend, penalty, e, left, k);
            backend.Gemm(new GemmArgs(d, d, n, left, vw, dr) { TransposeA = true, Accumulate = add });
        }
        else if (!apart)
        {
            ScalarKernels<T>.Scale(backend, penalty, e, left, k);
            BasicKernels<T>.AddScaled(backend, dxHere, left, -0.5);
            LinearMap.WeightGradient(c, 2, left, zt, b, w, g, -0.5);
        }
        else
        {
            Slice dr = c.ClaimDx(2, out bool add);
            backend.Gemm(new GemmArgs(d, d, b, dxHere, zt, dr) { TransposeA = true, Accumulate = add, Alpha = -0.5 });
            ScalarKernels<T>.Scale(backend, penalty, e, left, k);
            LinearMap.WeightGradient(c, 2, left, vw, n, w, g, -0.5);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Of the map z = W x + b; the log-determinant slot and the penalty have zero tangents, as they carry no value to differentiate.</remarks>
    public override void Jvp(in OpContext<T> c)
    {
        LinearMap.Jvp(c, c.Tx(0), c.Tx(1), c.Tx(3));
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
    }

    /// <summary>e := e - x; results := [0, lambda m, m] with m the mean over the rows of |e|^2.</summary>
    internal static void Residual(IBackend<T> backend, Slice x, Slice e, Slice results, int rows, double lambda)
        => backend.Run(ResidualId, new KernelArgs([x, e, results], default, [1.0 / rows, lambda]));

    // Whether the penalty has rows or products of its own.
    private static bool Parts(in OpContext<T> c, out Slice zt, out Slice e, out Slice v, out Slice vw)
    {
        bool unfused = c.Node.I0 == (int)SelfNormalizingForm.PublishedUnfused;
        int b = c.In(0).Rows, d = c.In(0).Cols, probes = c.Node.I1, n = probes == 0 ? b : probes;
        Slice s = c.Scratch;
        zt = s.Part(0, b * d);
        e = s.Part(b * d, n * d);
        v = probes == 0 ? c.X(0) : s.Part(b * d + n * d, n * d);
        vw = unfused ? s.Part(b * d + n * d, n * d) : probes == 0 ? zt : s.Part(b * d + 2 * n * d, n * d);
        return unfused || probes > 0;
    }
}
