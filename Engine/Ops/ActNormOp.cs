using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// One scale and one shift a channel: z = e^s x + t, or z = (x - t) e^-s, or both with s in place of e^s. x is [B x C P] with feature
/// index channel * P + pixel; s and t are [1 x C]; log|det| = +-P sum s is [1 x 1], the same for every sample.
/// </summary>
/// <remarks>Each of the two forms is the other's inverse. Source: Kingma and Dhariwal 2018, Glow, section 3.1.</remarks>
public sealed class ActNormOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ActNormOp<T> Instance = new();

    // Slices s, t, factor [D], offset [D], log-det; sizes pixels, form.
    private static readonly KernelId ExpandId = CpuKernels<T>.Define("actnorm-expand",
        static (in CpuArgs<T> a) =>
        {
            Span<T> s = a[0], t = a[1], factor = a[2], offset = a[3];
            int pixels = a.Size(0);
            var form = (AffineForm)a.Size(1);
            T logDet = T.Zero;
            for (int c = 0; c < s.Length; c++)
            {
                T scale = (form & AffineForm.PlainScale) != 0 ? s[c] : T.Exp(s[c]);
                bool center = (form & AffineForm.CenterFirst) != 0;
                T f = center ? T.One / scale : scale, log = (form & AffineForm.PlainScale) != 0 ? T.Log(T.Abs(s[c])) : s[c];
                logDet += center ? -log : log;
                factor.Slice(c * pixels, pixels).Fill(f);
                offset.Slice(c * pixels, pixels).Fill(center ? -t[c] * f : t[c]);
            }
            a[4][0] = logDet * T.CreateTruncating(pixels);
        });

    // Slices x, factor, offset, z.
    private static readonly KernelId MapId = CpuKernels<T>.Define("actnorm-map",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], factor = a[1], offset = a[2], z = a[3];
            for (int i = 0; i < x.Length; i++) z[i] = (factor[i % factor.Length] * x[i]) + offset[i % factor.Length];
        },
        static (in CpuArgs<T> a) => ColumnAffine.Map<T>(a[0], a[1], a[2], a[3], a.Workers));

    // Slices dz, factor, dx.
    private static readonly KernelId InputId = CpuKernels<T>.Define("actnorm-input-gradient",
        static (in CpuArgs<T> a) =>
        {
            Span<T> dz = a[0], factor = a[1], dx = a[2];
            for (int i = 0; i < dz.Length; i++) dx[i] += dz[i] * factor[i % factor.Length];
        },
        static (in CpuArgs<T> a) => ColumnAffine.AddInputGradient<T>(a[0], a[1], a[2], a.Workers));

    // Slices dz, v, sum, product.
    private static readonly KernelId SumsId = CpuKernels<T>.Define("actnorm-sums",
        static (in CpuArgs<T> a) =>
        {
            Span<T> dz = a[0], v = a[1], sum = a[2], product = a[3];
            for (int i = 0; i < dz.Length; i++)
            {
                sum[i % sum.Length] += dz[i];
                product[i % sum.Length] += dz[i] * v[i];
            }
        },
        static (in CpuArgs<T> a) => ColumnAffine.AddColumnSums<T>(a[0], a[1], a[2], a[3], a.Workers));

    // Slices sum [D], product [D] (of dz and x, or dz and z when centred first), factor, s, dlogdet, ds, dt; sizes pixels, form.
    private static readonly KernelId FoldId = CpuKernels<T>.Define("actnorm-fold",
        static (in CpuArgs<T> a) =>
        {
            Span<T> sum = a[0], product = a[1], factor = a[2], s = a[3], ds = a[5], dt = a[6];
            int pixels = a.Size(0);
            var form = (AffineForm)a.Size(1);
            bool center = (form & AffineForm.CenterFirst) != 0, plain = (form & AffineForm.PlainScale) != 0;
            T dLog = a[4][0] * T.CreateTruncating(pixels);
            for (int c = 0; c < s.Length; c++)
            {
                T sums = T.Zero, products = T.Zero, f = factor[c * pixels];
                for (int i = c * pixels; i < (c + 1) * pixels; i++)
                {
                    sums += sum[i];
                    products += product[i];
                }
                // With respect to log|scale|: dz/dlog = factor x, or -z when centred first.
                T g = center ? -products - dLog : (f * products) + dLog;
                if (a.Has(5)) ds[c] += plain ? g / s[c] : g;
                if (a.Has(6)) dt[c] += center ? -f * sums : sums;
            }
        });

    // Slices x, z, s, factor, tx, ts, tt, tz, tlogdet; sizes pixels, form.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("actnorm-jvp",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], z = a[1], s = a[2], factor = a[3], tz = a[7];
            int pixels = a.Size(0), columns = factor.Length;
            var form = (AffineForm)a.Size(1);
            bool center = (form & AffineForm.CenterFirst) != 0, plain = (form & AffineForm.PlainScale) != 0;
            T logDet = T.Zero;
            for (int c = 0; c < s.Length && a.Has(5); c++) logDet += plain ? a[5][c] / s[c] : a[5][c];
            a[8][0] = T.CreateTruncating(pixels) * (center ? -logDet : logDet);
            for (int i = 0; i < x.Length; i++)
            {
                int column = i % columns, c = column / pixels;
                T tx = a.Has(4) ? a[4][i] : T.Zero, tt = a.Has(6) ? a[6][c] : T.Zero;
                T tLog = !a.Has(5) ? T.Zero : plain ? a[5][c] / s[c] : a[5][c];
                tz[i] = center
                    ? (factor[column] * (tx - tt)) - (z[i] * tLog)
                    : (factor[column] * (tx + (x[i] * tLog))) + tt;
            }
        });

    /// <inheritdoc/>
    public override string Name => "actnorm";

    /// <inheritdoc/>
    public override string Formula => "z = e^s x + t, l = P sum s;  dx = e^s dz, ds = sum dz e^s x + P dl, dt = sum dz   (or z = (x - t) e^-s)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records z [B x C P] and log|det| [1 x 1].</summary>
    /// <exception cref="ArgumentException">Channels times pixels is not the number of features.</exception>
    public static (Var Z, Var LogDet) Record(Tape<T> tape, Var x, Var scale, Var shift, AffineForm form, int pixels = 1)
    {
        if (scale.Rows != 1 || shift.Rows != 1 || scale.Cols != shift.Cols || scale.Cols * pixels != x.Cols)
            throw new ArgumentException($"ActNorm: input is {x.Shape}, scale is {scale.Shape}, shift is {shift.Shape}; both must be 1x{x.Cols / Math.Max(1, pixels)}, as a channel has {pixels} features.");
        ref readonly Node<T> node = ref tape.Record(Instance, [x, scale, shift], x.Rows, x.Cols, 1, 1, 2 * x.Cols, (int)form, pixels);
        return (node.Out0, node.Out1);
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        int d = c.In(0).Cols;
        Slice factor = c.Scratch.Part(0, d), offset = c.Scratch.Part(d, d);
        c.Run(ExpandId, [c.X(1), c.X(2), factor, offset, c.Y(1)], [c.Node.I1, c.Node.I0]);
        c.Run(MapId, [c.X(0), factor, offset, c.Y()]);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int d = c.In(0).Cols;
        Slice factor = c.Scratch.Part(0, d);
        if (!c.Dx(0).IsNone) c.Run(InputId, [c.Dy(), factor, c.Dx(0)]);
        if (c.Dx(1).IsNone && c.Dx(2).IsNone) return;
        Slice sum = c.Borrow(d), product = c.Borrow(d);
        BasicKernels<T>.Fill(c.Backend, sum, 0);
        BasicKernels<T>.Fill(c.Backend, product, 0);
        bool center = ((AffineForm)c.Node.I0 & AffineForm.CenterFirst) != 0;
        c.Run(SumsId, [c.Dy(), center ? c.Y() : c.X(0), sum, product]);
        c.Run(FoldId, [sum, product, factor, c.X(1), c.Dy(1), c.Dx(1), c.Dx(2)], [c.Node.I1, c.Node.I0]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
        => c.Run(JvpId, [c.X(0), c.Y(), c.X(1), c.Scratch.Part(0, c.In(0).Cols), c.Tx(0), c.Tx(1), c.Tx(2), c.Ty(), c.Ty(1)], [c.Node.I1, c.Node.I0]);
}
