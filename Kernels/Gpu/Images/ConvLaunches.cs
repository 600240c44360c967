using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How the kernels of <see cref="Convolution{T}"/> run.</summary>
internal static class ConvLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int MostSlabs = 64, Groups = 1024, ManyChannels = 32;

    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        // Slices x, w, bias, z; sizes batch, the packed shape, add.
        kernels.Add("conv2d", static (gpu, in a) => Forward(gpu, ConvGeometry.Of(Shape(a), a.Sizes[0]), a.Slices[0], a.Slices[1], a.Slices[2], a.Slices[3], a.Sizes[4]));

        // Slices dz, w, dx; sizes batch, the packed shape, add.
        kernels.Add("conv2d-input-gradient", static (gpu, in a) => Forward(
            gpu, ConvGeometry.Of(Shape(a).Transposed, a.Sizes[0], mirrored: 1), a.Slices[0], a.Slices[1], Slice.None, a.Slices[2], a.Sizes[4]));

        // Slices x, dz, dw; sizes batch, the packed shape, add; real alpha.
        kernels.Add("conv2d-weight-gradient", static (gpu, in a) => WeightGradient(gpu, ConvGeometry.Of(Shape(a), a.Sizes[0]), a));

        // Slices dz, db; sizes batch, channels, pixels.
        kernels.Add("conv2d-bias-gradient", static (gpu, in a) =>
        {
            int length = a.Sizes[0] * a.Sizes[2];
            Reduction<T, TView, TLane>.Rows(gpu, a.Sizes[1], length, new ChannelTerm<T, TView, TLane>(gpu.Read(a.Slices[0]), a.Sizes[1], a.Sizes[2], length), a.Slices[1], adds: true);
        });
    }

    private static ConvShape Shape(in KernelArgs a) => ConvShape.Unpack(a.Sizes[1], a.Sizes[2], a.Sizes[3]);

    private static void Forward(GpuContext<T, TView, TLane> gpu, in ConvGeometry shape, Slice x, Slice w, Slice bias, Slice z, int adds)
    {
        if (shape.Batch == 0) return;
        if (gpu.Limits.Items < ConvLengths<ConvTile32x64>.Items) Forward<ConvTile16x32>(gpu, shape, x, w, bias, z, adds);
        else if (shape.OutChannels <= ManyChannels || gpu.Limits.Items < ConvLengths<ConvTile64x64>.Items) Forward<ConvTile32x64>(gpu, shape, x, w, bias, z, adds);
        else Forward<ConvTile64x64>(gpu, shape, x, w, bias, z, adds);
    }

    private static void Forward<TTile>(GpuContext<T, TView, TLane> gpu, in ConvGeometry shape, Slice x, Slice w, Slice bias, Slice z, int adds) where TTile : struct, IConvTile
    {
        Slice result = z.Part(0, checked(shape.Batch * shape.OutChannels * shape.Pixels));
        gpu.Launch(
            new Grid(Over(shape.Batch * shape.Pixels, TTile.Columns), Over(shape.OutChannels, TTile.Rows), 1, ConvLengths<TTile>.Items),
            new ConvKernel<T, TView, TLane, TTile>(gpu.Read(x), gpu.Read(w), gpu.Read(bias), adds != 0 ? gpu.Update(result) : gpu.Write(result), shape, adds));
    }

    private static void WeightGradient(GpuContext<T, TView, TLane> gpu, in ConvGeometry shape, in KernelArgs a)
    {
        if (gpu.Limits.Items < ConvLengths<ConvTile32x64>.Items) WeightGradient<ConvTile16x32>(gpu, shape, a);
        else if (shape.OutChannels <= ManyChannels || gpu.Limits.Items < ConvLengths<ConvTile64x64>.Items) WeightGradient<ConvTile32x64>(gpu, shape, a);
        else WeightGradient<ConvTile64x64>(gpu, shape, a);
    }

    private static void WeightGradient<TTile>(GpuContext<T, TView, TLane> gpu, in ConvGeometry shape, in KernelArgs a) where TTile : struct, IConvTile
    {
        int terms = shape.Batch * shape.Pixels, weights = shape.OutChannels * shape.WeightColumns;
        int tiles = checked(Over(shape.OutChannels, TTile.Rows) * Over(shape.WeightColumns, TTile.Columns));
        // As many slabs as give the device enough groups, each long enough to be worth a second stage; from the sizes alone.
        int slabs = Math.Clamp(Math.Min(terms / (8 * TTile.Columns), Groups / tiles), 1, MostSlabs), slab = Over(terms, slabs);
        slabs = slab == 0 ? 0 : Over(terms, slab);
        Slice partial = gpu.Scratch(checked(slabs * weights)), result = a.Slices[2].Part(0, weights);
        if (slabs > 0)
            gpu.Launch(
                new Grid(tiles, slabs, 1, ConvLengths<TTile>.Items),
                new ConvWeightKernel<T, TView, TLane, TTile>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Write(partial), shape, slab));
        int adds = a.Sizes[4];
        gpu.Each(weights, new SlabSumKernel<T, TView, TLane>(gpu.Read(partial), adds != 0 ? gpu.Update(result) : gpu.Write(result), slabs, T.CreateTruncating(a.Reals[0]), adds));
    }

    private static int Over(int count, int each) => (int)(((long)count + each - 1) / each);
}
