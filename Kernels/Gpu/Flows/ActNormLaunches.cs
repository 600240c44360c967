using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How the kernels of ActNorm run. Forms: bit 0 centres first, bit 1 takes the scale itself and not its logarithm.</summary>
internal static class ActNormLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices s, t, factor, offset, log-det; sizes pixels, form.
        kernels.Add("actnorm-expand", static (gpu, in a) =>
        {
            int pixels = a.Sizes[0], form = a.Sizes[1];
            gpu.Each(a.Slices[2].Length, new ActNormExpandKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Write(a.Slices[2]), gpu.Write(a.Slices[3]), pixels, form));
            Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[0].Length, new LogScaleTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), form), a.Slices[4].Part(0, 1), (form & 1) != 0 ? -pixels : pixels);
        });

        // Slices x, factor, offset, z.
        kernels.Add("actnorm-map", static (gpu, in a) => gpu.Each(
            a.Slices[3].Length,
            new ActNormMapKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Read(a.Slices[2]), gpu.Write(a.Slices[3]))));

        // Slices dz, factor, dx.
        kernels.Add("actnorm-input-gradient", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new SpreadKernel<T, TView, TLane, AddedProductRule<T, TLane>>(
            gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), T.One, a.Slices[1].Length, new Spread(0, 1))));

        // Slices dz, v, sum, product.
        kernels.Add("actnorm-sums", static (gpu, in a) =>
        {
            int columns = a.Slices[2].Length;
            if (columns == 0) return;
            Reduction<T, TView, TLane>.Columns(
                gpu, a.Slices[0].Length / columns, columns, new SumAndProductTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1])), a.Slices[2], a.Slices[3]);
        });

        kernels.Add("actnorm-fold", Fold);

        // Slices x, z, s, factor, tx, ts, tt, tz, tlogdet; sizes pixels, form.
        kernels.Add("actnorm-jvp", static (gpu, in a) =>
        {
            int pixels = a.Sizes[0], form = a.Sizes[1];
            TView s = gpu.Read(a.Slices[2]), ts = gpu.Read(a.Slices[5]);
            gpu.Each(a.Slices[7].Length, new ActNormTangentKernel<T, TView, TLane>(
                gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), s, gpu.Read(a.Slices[3]), gpu.Read(a.Slices[4]), ts, gpu.Read(a.Slices[6]), gpu.Write(a.Slices[7]), pixels, form));
            Slice logDet = a.Slices[8].Part(0, 1);
            double scale = (form & 1) != 0 ? -pixels : pixels;
            if (a.Slices[5].IsNone) gpu.Each(1, new FillKernel<T, TView>(gpu.Write(logDet), T.Zero));
            else if ((form & 2) != 0) Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[5].Length, new QuotientTerm<T, TView, TLane>(ts, s), logDet, scale);
            else Reduction<T, TView, TLane>.Rows(gpu, 1, a.Slices[5].Length, new SumTerm<T, TView, TLane>(ts), logDet, scale);
        });
    }

    // Slices sum [D], product [D], factor, s, dlogdet, ds, dt; sizes pixels, form.
    private static void Fold(GpuContext<T, TView, TLane> gpu, in KernelArgs a)
    {
        int pixels = a.Sizes[0], form = a.Sizes[1], channels = a.Slices[3].Length;
        if (channels == 0) return;
        Slice sum = a.Slices[0], product = a.Slices[1];
        if (pixels > 1) (sum, product) = Planes(gpu, sum, product, channels, pixels);
        gpu.Each(channels, new ActNormFoldKernel<T, TView, TLane>(
            gpu.Read(sum), gpu.Read(product), gpu.Read(a.Slices[2]), gpu.Read(a.Slices[3]), gpu.Read(a.Slices[4]), gpu.Update(a.Slices[5]), gpu.Update(a.Slices[6]), channels, pixels, form));
    }

    // The sums over each channel's pixels.
    private static (Slice Sum, Slice Product) Planes(GpuContext<T, TView, TLane> gpu, Slice sum, Slice product, int channels, int pixels)
    {
        Slice scratch = gpu.Scratch(2 * channels), sums = scratch.Part(0, channels), products = scratch.Part(channels, channels);
        Reduction<T, TView, TLane>.WholeRows(gpu, channels, pixels, new SumTerm<T, TView, TLane>(gpu.Read(sum)), sums);
        Reduction<T, TView, TLane>.WholeRows(gpu, channels, pixels, new SumTerm<T, TView, TLane>(gpu.Read(product)), products);
        return (sums, products);
    }
}
