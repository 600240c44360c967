namespace NativeFlow.Kernels.Gpu;

/// <summary>What the team of items tells the emulator, which keeps the time for all accesses.</summary>
internal interface IEmulatorClock
{
    /// <summary>Item <paramref name="item"/> runs from here on.</summary>
    void Resume(int item);

    /// <summary>All items have met at a barrier.</summary>
    void NextEpoch();

    /// <summary>The 32 items from <paramref name="first"/> on have met at a matrix instruction.</summary>
    void WarpMet(int first);

    /// <summary>A fault of <paramref name="item"/>, for throwing.</summary>
    Exception Fault(string what, int item);
}
