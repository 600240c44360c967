using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Starts the kernels of one <see cref="IBackend{T}.Run"/> call.</summary>
internal delegate void GpuLaunch<T, TView, TLane>(GpuContext<T, TView, TLane> gpu, in KernelArgs args)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>;

/// <summary>Which kernels run on the device, by name. Each family of kernels adds its own.</summary>
internal sealed class GpuKernels<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private readonly Dictionary<KernelId, GpuLaunch<T, TView, TLane>> _launches = [];

    public GpuKernels()
    {
        ActNormLaunches<T, TView, TLane>.AddTo(this);
        BasicLaunches<T, TView, TLane>.AddTo(this);
        BatchedLuLaunches<T, TView, TLane>.AddTo(this);
        ConvLaunches<T, TView, TLane>.AddTo(this);
        IndexLaunches<T, TView, TLane>.AddTo(this);
        LayoutLaunches<T, TView, TLane>.AddTo(this);
        RowLaunches<T, TView, TLane>.AddTo(this);
        ScalarLaunches<T, TView, TLane>.AddTo(this);
        SearchLaunches<T, TView, TLane>.AddTo(this);
        SplineLaunches<T, TView, TLane>.AddTo(this);
        SpreadLaunches<T, TView, TLane>.AddTo(this);
    }

    /// <summary>Says how kernel <paramref name="name"/> runs; its slices, sizes and reals are those of the CPU kernel of that name.</summary>
    public void Add(string name, GpuLaunch<T, TView, TLane> launch) => _launches.Add(KernelId.Of(name), launch);

    /// <summary>How kernel <paramref name="id"/> runs, or null.</summary>
    public GpuLaunch<T, TView, TLane>? Find(KernelId id) => _launches.GetValueOrDefault(id);
}
