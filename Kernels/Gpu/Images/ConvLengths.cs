namespace NativeFlow.Kernels.Gpu;

/// <summary>Lengths that follow from a tile. Lines of shared memory are four longer than the tile: neighbouring terms then lie in other banks, and quads stay quads.</summary>
public static class ConvLengths<TTile> where TTile : struct, IConvTile
{
    /// <summary>Terms that are brought at a time.</summary>
    public static int Depth => TTile.Rows / 4;

    /// <summary>Items of a group.</summary>
    public static int Items => TTile.Rows * TTile.Columns / 16;

    /// <summary>Elements from one term to the next in <see cref="Left"/>.</summary>
    public static int StrideLeft => TTile.Rows + 4;

    /// <summary>Elements from one term to the next in <see cref="Right"/>.</summary>
    public static int StrideRight => TTile.Columns + 4;

    /// <summary>Shared memory for the left operand.</summary>
    public readonly struct Left : ILength
    {
        /// <inheritdoc/>
        public static int Value => TTile.Rows / 4 * (TTile.Rows + 4);
    }

    /// <summary>Shared memory for the right operand.</summary>
    public readonly struct Right : ILength
    {
        /// <inheritdoc/>
        public static int Value => TTile.Rows / 4 * (TTile.Columns + 4);
    }
}
