namespace NativeFlow.Kernels.Gpu;

/// <summary>A slot an item, for up to 256 items.</summary>
public readonly struct FindingSlots : ILength
{
    /// <inheritdoc/>
    public static int Value => 256;
}
