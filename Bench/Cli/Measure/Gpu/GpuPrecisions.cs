using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>The precisions in which a device multiplies matrices.</summary>
internal static class GpuPrecisions
{
    /// <summary>Full precision, called ours, and what the device has besides.</summary>
    public static IReadOnlyList<(string Name, Action Choose)> Of(IBackend<float> backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        return [(BenchContender.Ours, static () => { })];
    }
}
