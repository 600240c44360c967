using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How the operations of <see cref="ScalarKernels{T}"/> run, and the findings of checks that stay in memory.</summary>
internal static class ScalarLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        kernels.Add("add-scaled-by", static (gpu, in a) => gpu.Each(a.Slices[2].Length, new AddScaledByKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), Real(a, 0))));
        kernels.Add("scale-by", static (gpu, in a) =>
        {
            bool inPlace = a.Slices[1] == a.Slices[2];
            TView y = inPlace ? gpu.Update(a.Slices[2]) : gpu.Write(a.Slices[2]);
            gpu.Each(a.Slices[2].Length, new ScaleByKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), inPlace ? y : gpu.Read(a.Slices[1]), y, Real(a, 0)));
        });
        kernels.Add("scale-by-and-add", static (gpu, in a) => gpu.Each(
            a.Slices[2].Length, new ScaleAndAddKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), Real(a, 0), Real(a, 1))));
        kernels.Add("add-transposed-by", static (gpu, in a) => BasicLaunches<T, TView, TLane>.Transpose(gpu, a, a.Slices[0], a.Slices[1], a.Slices[2]));
        kernels.Add("add-where-below", static (gpu, in a) => gpu.Each(
            a.Slices[2].Length, new AddWhereBelowKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), Real(a, 0))));
        kernels.Add("shorten", static (gpu, in a) => gpu.Each(a.Slices[1].Length, new ShortenKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Update(a.Slices[1]), Real(a, 0))));
        kernels.Add("keep-finding", static (gpu, in a) => gpu.Each(
            1, new KeepFindingKernel<T, TView, TLane>(gpu.Read(a.Slices[0]), gpu.Read(a.Slices[1]), gpu.Update(a.Slices[2]), Real(a, 0), Real(a, 1), a.Sizes[0])));
    }

    private static T Real(in KernelArgs a, int index) => T.CreateTruncating(a.Reals[index]);
}
