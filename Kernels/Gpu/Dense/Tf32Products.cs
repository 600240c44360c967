namespace NativeFlow.Kernels.Gpu;

/// <summary>How many products on tf32 stand for one.</summary>
public static class Tf32Products
{
    /// <summary>One: of the rounded operands.</summary>
    public readonly struct One : ILength
    {
        /// <inheritdoc/>
        public static int Value => 1;
    }

    /// <summary>Three: small times big, big times small, big times big.</summary>
    public readonly struct Three : ILength
    {
        /// <inheritdoc/>
        public static int Value => 3;
    }
}
