namespace NativeFlow.Kernels.Gpu;

/// <summary>The running results of a group: 256, shared out among its items however many they are, so that the order of a sum does not depend on the device.</summary>
public readonly struct TreeSlots : ILength
{
    /// <summary>How many are joined at a time.</summary>
    public const int Fan = 16;

    /// <inheritdoc/>
    public static int Value => Fan * Fan;
}
