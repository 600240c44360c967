using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Cli;

/// <summary>The precisions in which a device multiplies matrices.</summary>
internal static class GpuPrecisions
{
    private static readonly (string Name, GemmPrecision Precision)[] All = [(BenchContender.Ours, GemmPrecision.Full), ("ours 3xtf32", GemmPrecision.Tf32x3), ("ours tf32", GemmPrecision.Tf32)];

    /// <summary>Full precision, called ours, and what the device has besides.</summary>
    public static IReadOnlyList<(string Name, Action Choose)> Of(IBackend<float> backend)
        => backend is not IGpuBackend gpu
            ? [(BenchContender.Ours, static () => { })]
            : [.. All.Where(p => p.Precision == GemmPrecision.Full || gpu.Limits.HasTensorCores).Select(p => (p.Name, (Action)(() => gpu.GemmPrecision = p.Precision)))];
}
