using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How the operations of <see cref="BasicKernels{T}"/> run.</summary>
internal static class BasicLaunches<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void AddTo(GpuKernels<T, TView, TLane> kernels)
    {
        kernels.Add("fill", static (gpu, in a) => gpu.Each(a.Slices[0].Length, new FillKernel<T, TView>(gpu.Write(a.Slices[0]), T.CreateTruncating(a.Reals[0]))));
    }
}
