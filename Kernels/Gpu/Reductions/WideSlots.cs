namespace NativeFlow.Kernels.Gpu;

/// <summary>Memory for <see cref="TreeSlots"/> of doubles.</summary>
public readonly struct WideSlots : ILength
{
    /// <inheritdoc/>
    public static int Value => 3 * 256;
}
