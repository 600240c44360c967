using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Finds GPUs and opens them.</summary>
public static class IlgpuDevices
{
    // One for all: ILGPU looks for the driver's library in some places only once in a process.
    private static readonly Lazy<Context> Cuda = new(ForCuda);

    /// <summary>Whether there is a GPU, and if not, what is missing.</summary>
    public static DriverState State
    {
        get
        {
            if (!CudaDriver.IsInstalled) return DriverState.NoDriver;
            return Cuda.Value.GetCudaDevices().Count > 0 ? DriverState.Ready : DriverState.NoDevice;
        }
    }

    /// <summary>The GPUs, by number; none without a driver.</summary>
    public static IReadOnlyList<IlgpuDeviceInfo> List()
    {
        if (!CudaDriver.IsInstalled) return [];
        Context context = Cuda.Value;
        var found = new List<IlgpuDeviceInfo>();
        foreach (CudaDevice device in context.GetCudaDevices())
        {
            using CudaAccelerator accelerator = device.CreateCudaAccelerator(context);
            found.Add(new IlgpuDeviceInfo(
                found.Count, device.Name, device.MemorySize, accelerator.GetFreeMemory(), device.NumMultiprocessors, new Version(device.Architecture!.Value.Major, device.Architecture.Value.Minor)));
        }
        return found;
    }

    /// <summary>Opens a GPU.</summary>
    /// <param name="index">Its number.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such GPU.</exception>
    public static IlgpuDevice<T> OpenCuda<T>(int index) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        int count = Cuda.Value.GetCudaDevices().Count;
        if (index < count) return new IlgpuDevice<T>(Cuda.Value, Cuda.Value.GetCudaDevice(index));
        throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {count} GPUs.");
    }

    /// <summary>Opens ILGPU's CPU accelerator: slow, for tests.</summary>
    /// <param name="items">Most items in a group, a multiple of 32.</param>
    public static IlgpuDevice<T> OpenCpu<T>(int items = 32) where T : unmanaged
    {
        const int warp = 32;
        Context context = Create(builder => builder.CPU(new CPUDevice(warp, items / warp, 1)));
        return new IlgpuDevice<T>(context, context.GetDevice<CPUDevice>(0), ownsContext: true);
    }

    /// <summary>A backend in single precision on a GPU.</summary>
    public static GpuBackend<float, IlgpuView<float>, SingleLane> Single(int index) => new(OpenCuda<float>(index));

    /// <summary>A backend in double precision on a GPU.</summary>
    public static GpuBackend<double, IlgpuView<double>, DoubleLane> Double(int index) => new(OpenCuda<double>(index));

    /// <summary>A context that knows the instructions of <see cref="DeviceIntrinsics"/>.</summary>
    internal static Context Create(Action<Context.Builder> add) => Context.Create(builder =>
    {
        // O2 is where loads and stores know their address space.
        builder.Optimize(OptimizationLevel.O2);
        DeviceIntrinsics.Register(builder);
        add(builder);
    });

    private static Context ForCuda()
    {
        CudaDriver.Prepare();
        return Create(builder => builder.Cuda());
    }
}
