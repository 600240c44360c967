namespace NativeFlow.Kernels.Gpu;

/// <summary>Shared memory of <see cref="GemmDeepLinesKernel{T, TView, TLane, TQuads}"/>: a quad for each item.</summary>
public static class GemmLineLengths
{
    /// <summary>For 32 items.</summary>
    public readonly struct Of32 : ILength
    {
        /// <inheritdoc/>
        public static int Value => 4 * 32;
    }

    /// <summary>For 128 items.</summary>
    public readonly struct Of128 : ILength
    {
        /// <inheritdoc/>
        public static int Value => 4 * 128;
    }
}
