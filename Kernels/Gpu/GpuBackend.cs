using System.Numerics;
using System.Text;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A backend whose memory and kernels are those of a device, or of the emulator.</summary>
/// <remarks>Kernels start in order and run while the caller goes on; only <see cref="Read"/> waits. What has no kernel here goes through the host, which <see cref="Explain"/> lists and <see cref="HostCalls"/> counts.</remarks>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TView">The device's views.</typeparam>
/// <typeparam name="TLane">The device's arithmetic.</typeparam>
public sealed class GpuBackend<T, TView, TLane> : IBackend<T>, IGpuBackend
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private readonly IGpuDevice<T, TView> _device;
    private readonly GpuBlocks _blocks = new();
    private readonly GpuContext<T, TView, TLane> _gpu;
    private readonly GpuKernels<T, TView, TLane> _kernels = new();
    private readonly PortableLauncher<T, TView, TLane> _portable;
    private readonly HostDetour<T, TView> _host;

    /// <summary>Makes a backend on a device, which it then owns.</summary>
    public GpuBackend(IGpuDevice<T, TView> device)
    {
        _device = device;
        _gpu = new GpuContext<T, TView, TLane>(device, _blocks);
        _portable = new PortableLauncher<T, TView, TLane>(_gpu);
        _host = new HostDetour<T, TView>(device, _blocks);
    }

    /// <inheritdoc/>
    public string Name => _device.Name;

    /// <inheritdoc/>
    public bool IsAsynchronous => true;

    /// <inheritdoc/>
    public long AllocatedElements => _blocks.AllocatedElements - _gpu.ScratchElements;

    /// <summary>How exactly matrices are multiplied.</summary>
    /// <exception cref="NotSupportedException">Tensor cores asked for in double precision, or of a device that has none.</exception>
    public GemmPrecision GemmPrecision
    {
        get => _gpu.Precision;
        set
        {
            if (value != GemmPrecision.Full && typeof(T) != typeof(float))
                throw new NotSupportedException($"{Name}: products in {value} are for single precision; use GemmPrecision.Full, or --dtype float.");
            if (value != GemmPrecision.Full && !_device.Limits.HasTensorCores)
                throw new NotSupportedException($"{Name}: products in {value} need tensor cores, which this device lacks; use GemmPrecision.Full.");
            _gpu.Precision = value;
        }
    }

    /// <summary>What launchers work with.</summary>
    internal GpuContext<T, TView, TLane> Gpu => _gpu;

    /// <inheritdoc/>
    public GpuLimits Limits => _device.Limits;

    /// <summary>Kernels and factorisations that went through the host so far.</summary>
    public long HostCalls => _host.Count;

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">It does not fit into the device's memory.</exception>
    public Slice Allocate(int elements)
    {
        Slice slice = _blocks.Add(elements);
        try
        {
            _device.Allocate(_blocks.Of(slice), elements);
        }
        catch
        {
            _blocks.Remove(slice);
            throw;
        }
        return slice;
    }

    /// <inheritdoc/>
    public void Release(Slice block) => _device.Release(_blocks.Remove(block));

    /// <inheritdoc/>
    public void Read(Slice from, Span<T> to)
    {
        if (from.Length != to.Length) Throw.Length("Read", from.Length, to.Length);
        _gpu.Verify();
        _device.Read(_blocks.Of(from), from.Offset, to);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<T> from, Slice to)
    {
        if (from.Length != to.Length) Throw.Length("Write", to.Length, from.Length);
        _device.Write(from, _blocks.Of(to), to.Offset);
    }

    /// <inheritdoc/>
    public void Gemm(in GemmArgs args) => GemmLaunch<T, TView, TLane>.Run(_gpu, args);

    /// <inheritdoc/>
    /// <remarks>A zero pivot met by a solve is told at the next <see cref="Read"/>.</remarks>
    public void Factor(in FactorArgs args)
    {
        if (!FactorLaunch<T, TView, TLane>.TryRun(_gpu, args)) _host.Factor(args);
    }

    /// <inheritdoc/>
    public void Random(in RandomArgs args) => RandomLaunch<T, TView, TLane>.Run(_gpu, args);

    /// <inheritdoc/>
    public void Run(KernelId kernel, in KernelArgs args)
    {
        if (_kernels.Find(kernel) is { } launch)
        {
            Check(args);
            launch(_gpu, args);
        }
        else if (PortableKernels<T>.Find(kernel) is { } portable)
        {
            Check(args);
            portable(_portable, args);
        }
        else _host.Run(kernel, args);
    }

    /// <inheritdoc/>
    public string Explain()
    {
        var text = new StringBuilder(Name).Append('\n');
        foreach ((string name, _) in CpuKernels<T>.All())
            text.Append("  ").Append(name).Append(IsOnDevice(KernelId.Of(name)) ? ": device\n" : ": host\n");
        foreach (FactorKind kind in Enum.GetValues<FactorKind>())
            text.Append("  factor ").Append(kind).Append(FactorLaunch<T, TView, TLane>.Has(kind) ? ": device\n" : ": host\n");
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _host.Dispose();
        _device.Dispose();
    }

    private bool IsOnDevice(KernelId kernel) => _kernels.Find(kernel) is not null || PortableKernels<T>.Find(kernel) is not null;

    private void Check(in KernelArgs args)
    {
        foreach (Slice s in args.Slices)
            if (!s.IsNone) _blocks.Of(s);
    }
}
