namespace NativeFlow.Kernels.Gpu;

/// <summary>Backends on the emulator.</summary>
public static class GpuEmulation
{
    /// <summary>A backend in single precision.</summary>
    /// <param name="items">Most items in a group.</param>
    /// <param name="backwards">Runs items and groups from the last to the first.</param>
    public static GpuBackend<float, EmulatedView<float>, SingleLane> Single(int items = 32, bool backwards = false) => new(new GpuEmulator<float>(items, backwards));

    /// <summary>A backend in double precision.</summary>
    /// <param name="items">Most items in a group.</param>
    /// <param name="backwards">Runs items and groups from the last to the first.</param>
    public static GpuBackend<double, EmulatedView<double>, DoubleLane> Double(int items = 32, bool backwards = false) => new(new GpuEmulator<double>(items, backwards));
}
