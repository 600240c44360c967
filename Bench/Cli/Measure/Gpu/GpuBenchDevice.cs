using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>The device that is measured, its limits, and its peers.</summary>
internal sealed class GpuBenchDevice : IDisposable
{
    private readonly Slice _probe;
    private readonly float[] _number = new float[1];

    public GpuBenchDevice(IBackend<float> backend, GpuPeak? peak, IReadOnlyList<TorchPeer> torch)
    {
        (Backend, Peak, Torch) = (backend, peak ?? GpuPeak.Of(backend.Name), torch);
        Precisions = GpuPrecisions.Of(backend);
        _probe = backend.Allocate(1);
    }

    public IBackend<float> Backend { get; }

    /// <summary>Null where the device is not known.</summary>
    public GpuPeak? Peak { get; }

    public IReadOnlyList<TorchPeer> Torch { get; }

    /// <summary>Ways to multiply, full precision first: how each is called, and how it is chosen.</summary>
    public IReadOnlyList<(string Name, Action Choose)> Precisions { get; }

    /// <summary>Something that the device does, by the wall clock, which is read when all is done.</summary>
    public BenchContender Contender(string name, Action<int> body) => new(name, times =>
    {
        Wait();
        double start = BenchClock.Wall;
        body(times);
        Wait();
        return BenchClock.Wall - start;
    });

    public void Dispose()
    {
        foreach (TorchPeer peer in Torch) peer.Dispose();
        Backend.Release(_probe);
        Backend.Dispose();
    }

    // A read comes after everything that was started.
    private void Wait() => Backend.Read(_probe, _number);
}
