using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// The self-normalizing convolution z = w * x + b with learned inverse kernel r. Its backward is, on purpose, not the gradient of any
/// scalar: the gradient of log|det| is read off the convolution with r, which stands in for the inverse map.
/// </summary>
/// <remarks>
/// With z~ = w * x, E = r * z~ - x, P the transposed convolution with r of E, a = 1/2 (published) or 1, g the cotangent of the
/// log-determinant slot (-1 for a mean negative log-likelihood) and m[i, j] the number of pixels that use tap (i, j):
/// G_w = wgrad(x, a dz + (2 lambda/B) P) + a g flip(r) .* m,
/// G_r = (2 lambda/B) wgrad(z~, E)  (published: also -1/2 wgrad(z~, dx) - 1/2 g flip(w) .* m),
/// six convolutions in all (five for the reconstruction form where nobody below wants dx), because the penalty joins dz before the weight
/// gradient. The penalty reaches both w and r and stops at x. With probes, E is measured on their rows instead of x, which takes one or two
/// convolutions more. Out1 = [log-determinant slot (always 0), lambda * mean |E|^2, mean |E|^2].
/// </remarks>
public sealed class SelfNormalizingConvOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SelfNormalizingConvOp<T> Instance = new();

    // Slices x, bias, z; sizes rows, channels, pixels.
    private static readonly KernelId AddChannelsId = CpuKernels<T>.Define("add-channel-bias", static (in CpuArgs<T> a) =>
    {
        int rows = a.Size(0), channels = a.Size(1), pixels = a.Size(2);
        Span<T> x = a[0], bias = a[1], z = a[2];
        for (int i = 0; i < rows * channels; i++)
        {
            T b = bias[i % channels];
            for (int p = i * pixels; p < (i + 1) * pixels; p++) z[p] = x[p] + b;
        }
    },
    static (in CpuArgs<T> a) =>
    {
        int rows = a.Size(0), channels = a.Size(1), pixels = a.Size(2);
        Span<T> x = a[0], bias = a[1], z = a[2];
        for (int i = 0; i < rows * channels; i++)
            System.Numerics.Tensors.TensorPrimitives.Add(x.Slice(i * pixels, pixels), bias[i % channels], z.Slice(i * pixels, pixels));
    });

    // Slices r, dw; sizes the packed shape; real alpha: dw += alpha flip(r) .* m.
    private static readonly KernelId AddTapCountsId = CpuKernels<T>.Define("add-mirrored-tap-counts", static (in CpuArgs<T> a) =>
    {
        ConvShape shape = ConvShape.Unpack(a.Size(0), a.Size(1), a.Size(2));
        Span<T> r = a[0], dw = a[1];
        T alpha = a.Real(0);
        int taps = shape.Taps, columns = shape.KernelWidth;
        // A circular kernel larger than the image has several taps on one pixel; each of them stands in the matrix at the places of all.
        int down = shape.Circular ? shape.Height : shape.KernelHeight, right = shape.Circular ? shape.Width : columns;
        for (int o = 0; o < shape.OutChannels; o++)
            for (int c = 0; c < shape.InChannels; c++)
                for (int t = 0; t < taps; t++)
                {
                    T sum = T.Zero;
                    for (int i = t / columns % down; i < shape.KernelHeight; i += down)
                        for (int j = t % columns % right; j < columns; j += right) sum += r[(((c * shape.OutChannels) + o) * taps) + taps - 1 - ((i * columns) + j)];
                    dw[(((o * shape.InChannels) + c) * taps) + t] += alpha * T.CreateTruncating(shape.Multiplicity(t / columns, t % columns)) * sum;
                }
    });

    /// <inheritdoc/>
    public override string Name => "self-normalizing-conv";

    /// <inheritdoc/>
    public override string Formula => "z = w * x + b;  G_w = wgrad(x, a dz + 2l/B P) + a g flip(r) m,  G_r = 2l/B wgrad(z~, E) [- wgrad(z~, dx)/2 - g flip(w) m/2]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records the layer. Returns z [B x features], the log-determinant slot, the weighted penalty and mean |E|^2 (each 1x1).</summary>
    /// <param name="tape">Where to record.</param>
    /// <param name="x">Input [B x channels pixels].</param>
    /// <param name="w">Kernel [channels x channels taps].</param>
    /// <param name="r">Learned inverse kernel, of the same shape.</param>
    /// <param name="bias">b [1 x channels] or <see cref="Var.None"/>.</param>
    /// <param name="shape">The convolution: equal channels in and out, the kernel anchored in its middle.</param>
    /// <param name="form">Published or reconstruction-only.</param>
    /// <param name="lambda">Reconstruction weight.</param>
    /// <param name="probes">Rows [n x channels pixels] to measure the penalty on; <see cref="Var.None"/> for x itself.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static (Var Z, Var LogDetSlot, Var Penalty, Var Reconstruction) Record(
        Tape<T> tape, Var x, Var w, Var r, Var bias, in ConvShape shape, SelfNormalizingForm form, double lambda, Var probes)
    {
        shape.Check();
        if (shape.InChannels != shape.OutChannels || shape.Transposed != shape)
            throw new ArgumentException($"SelfNormalizingConv: {shape} has no inverse of its own shape; it needs equal channels and a kernel anchored in its middle.");
        if (x.Cols != shape.InLength) throw new ArgumentException($"SelfNormalizingConv: the input is {x.Shape}; {shape} needs {shape.InLength} columns.");
        Conv2dOp<T>.RequireWeight("SelfNormalizingConv", w, shape);
        Conv2dOp<T>.RequireWeight("SelfNormalizingConv", r, shape);
        if (!bias.IsNone && bias.Length != shape.OutChannels) throw new ArgumentException($"SelfNormalizingConv: the bias is {bias.Shape}; {shape} needs {shape.OutChannels} numbers.");
        if (!probes.IsNone && (probes.Cols != x.Cols || probes.Rows < 1)) throw new ArgumentException($"SelfNormalizingConv: the probes are {probes.Shape}; they need {x.Cols} columns and a row or more.");
        (int a, int b, int c) = shape.Pack();
        // Kept for backward: z~ [B x D], E [n x D] and, with probes v, w * v [n x D].
        int scratch = x.Length + (probes.IsNone ? x.Length : 2 * probes.Length);
        double share = form == SelfNormalizingForm.Published ? 0.5 : 1;
        ref readonly Node<T> node = ref tape.Record(Instance, [x, w, r, bias, probes.Detach()], x.Rows, shape.OutLength, 1, 3, scratch, a, b, c, lambda, share);
        Var o = node.Out1;
        return (node.Out0, o.Element(0), o.Element(1), o.Element(2).Detach());
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        IBackend<T> backend = c.Backend;
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        Parts p = PartsOf(c);
        Convolution<T>.Forward(backend, shape, p.Rows, c.X(0), c.X(1), Slice.None, p.Mapped);
        if (c.In(3).IsNone) BasicKernels<T>.Copy(backend, p.Mapped, c.Y());
        else c.Run(AddChannelsId, [p.Mapped, c.X(3), c.Y()], [p.Rows, shape.OutChannels, shape.Pixels]);
        if (p.HasProbes) Convolution<T>.Forward(backend, shape, p.Measured, p.Probes, c.X(1), Slice.None, p.MappedProbes);
        Convolution<T>.Forward(backend, shape, p.Measured, p.MappedProbes, c.X(2), Slice.None, p.Error);
        SelfNormalizingLinearOp<T>.Residual(backend, p.Probes, p.Error, c.Y(1), p.Measured, c.Node.P0);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        IBackend<T> backend = c.Backend;
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        Parts p = PartsOf(c);
        double a = c.Node.P1;
        bool published = a != 1;
        // The cotangents stay where they are; k is the factor on the second.
        Slice g = c.Dy(1).Part(0, 1), penalty = c.Dy(1).Part(1, 1);
        double k = 2 * c.Node.P0 / p.Measured;
        Slice x = c.X(0), w = c.X(1), r = c.X(2), dz = c.Dy();

        if (c.Wants(3)) Convolution<T>.BiasGradient(backend, p.Rows, shape.OutChannels, shape.Pixels, dz, c.Dx(3));

        // dx is wanted by the layer below, and by r in the published form.
        Slice dxHere = Slice.None;
        if (published && c.Wants(2))
        {
            dxHere = c.Borrow(dz.Length);
            Convolution<T>.InputGradient(backend, shape, p.Rows, dz, w, dxHere, add: false);
            if (c.Wants(0)) BasicKernels<T>.AddScaled(backend, dxHere, c.Dx(0));
        }
        else if (c.Wants(0))
        {
            Slice dx = c.ClaimDx(0, out bool add);
            Convolution<T>.InputGradient(backend, shape, p.Rows, dz, w, dx, add);
        }

        Slice left = c.Borrow(p.Error.Length);
        if (c.Wants(1))
        {
            // k P, by a scaled kernel; on the data it joins a dz, so that one weight gradient serves both.
            Slice scaled = c.Borrow(r.Length), dw = c.ClaimDx(1, out bool add);
            ScalarKernels<T>.Scale(backend, penalty, r, scaled, k);
            if (p.HasProbes) Convolution<T>.WeightGradient(backend, shape, p.Rows, x, dz, dw, a, add);
            else BasicKernels<T>.Scale(backend, dz, left, a);
            Convolution<T>.InputGradient(backend, shape, p.Measured, p.Error, scaled, left, add: !p.HasProbes);
            Convolution<T>.WeightGradient(backend, shape, p.Measured, p.Probes, left, dw, 1, add || p.HasProbes);
            AddTapCounts(c, shape, r, dw, g, a);
        }

        if (!c.Wants(2)) return;
        Slice dr = c.ClaimDx(2, out bool added);
        if (!published)
        {
            if (!added) BasicKernels<T>.Fill(backend, dr, 0);
            AddPenaltyGradient(c, shape, p, dr, penalty, k);
            return;
        }
        if (p.HasProbes)
        {
            Convolution<T>.WeightGradient(backend, shape, p.Rows, p.Mapped, dxHere, dr, -0.5, added);
            AddPenaltyGradient(c, shape, p, dr, penalty, k);
        }
        else
        {
            ScalarKernels<T>.Scale(backend, penalty, p.Error, left, k);
            BasicKernels<T>.AddScaled(backend, dxHere, left, -0.5);
            Convolution<T>.WeightGradient(backend, shape, p.Rows, p.Mapped, left, dr, 1, added);
        }
        AddTapCounts(c, shape, w, dr, g, -0.5);
    }

    /// <inheritdoc/>
    /// <remarks>Of the map z = w * x + b; the log-determinant slot and the penalty have zero tangents, as they carry no value to differentiate.</remarks>
    public override void Jvp(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.In(0).Rows;
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) Convolution<T>.Forward(c.Backend, shape, rows, c.Tx(0), c.X(1), Slice.None, c.Ty(), add: true);
        if (!c.Tx(1).IsNone) Convolution<T>.Forward(c.Backend, shape, rows, c.X(0), c.Tx(1), Slice.None, c.Ty(), add: true);
        if (!c.Tx(3).IsNone) c.Run(AddChannelsId, [c.Ty(), c.Tx(3), c.Ty()], [rows, shape.OutChannels, shape.Pixels]);
    }

    /// <summary>dw += alpha flip(r) .* m: the sum over all places where a tap stands of the matching entry of the transposed matrix of r, for dw of <paramref name="shape"/>.</summary>
    public static void AddTapCounts(IBackend<T> backend, in ConvShape shape, Slice r, Slice dw, double alpha)
    {
        (int p, int q, int s) = shape.Pack();
        backend.Run(AddTapCountsId, new KernelArgs([r, dw], [p, q, s], [alpha]));
    }

    // dw += scale g[0] flip(r) .* m.
    private static void AddTapCounts(in OpContext<T> c, in ConvShape shape, Slice r, Slice dw, Slice g, double scale)
    {
        Slice counts = c.Borrow(dw.Length);
        BasicKernels<T>.Fill(c.Backend, counts, 0);
        AddTapCounts(c.Backend, shape, r, counts, 1);
        ScalarKernels<T>.AddScaled(c.Backend, g, counts, dw, scale);
    }

    // dr += scale penalty[0] wgrad(z~, E).
    private static void AddPenaltyGradient(in OpContext<T> c, in ConvShape shape, in Parts p, Slice dr, Slice penalty, double scale)
    {
        Slice gradient = c.Borrow(dr.Length);
        Convolution<T>.WeightGradient(c.Backend, shape, p.Measured, p.MappedProbes, p.Error, gradient, 1, add: false);
        ScalarKernels<T>.AddScaled(c.Backend, penalty, gradient, dr, scale);
    }

    private static Parts PartsOf(in OpContext<T> c)
    {
        Var x = c.In(0), probes = c.In(4);
        Slice s = c.Scratch, mapped = s.Part(0, x.Length);
        return probes.IsNone
            ? new Parts(x.Rows, x.Rows, false, mapped, c.X(0), mapped, s.Part(x.Length, x.Length))
            : new Parts(x.Rows, probes.Rows, true, mapped, c.X(4), s.Part(x.Length, probes.Length), s.Part(x.Length + probes.Length, probes.Length));
    }

    // Without probes, the penalty is measured on x: Probes is x, MappedProbes is Mapped.
    private readonly record struct Parts(int Rows, int Measured, bool HasProbes, Slice Mapped, Slice Probes, Slice MappedProbes, Slice Error);
}
