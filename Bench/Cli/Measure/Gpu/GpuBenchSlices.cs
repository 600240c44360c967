using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Memory of a backend for the time of a case.</summary>
internal sealed class GpuBenchSlices(IBackend<float> backend) : IDisposable
{
    private readonly List<Slice> _slices = [];

    /// <summary>Standard normal numbers.</summary>
    public Slice Normal(int length, ulong key)
    {
        Slice slice = backend.Allocate(length);
        _slices.Add(slice);
        backend.Random(new RandomArgs(RandomKind.Gaussian, slice, key, 0));
        return slice;
    }

    public void Dispose()
    {
        foreach (Slice slice in _slices) backend.Release(slice);
    }
}
