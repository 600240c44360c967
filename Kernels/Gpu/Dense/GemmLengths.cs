namespace NativeFlow.Kernels.Gpu;

/// <summary>Lengths that follow from a tile.</summary>
public static class GemmLengths<TTile> where TTile : struct, IGemmTile
{
    /// <summary>Rows of the tile.</summary>
    public readonly struct Rows : ILength
    {
        /// <inheritdoc/>
        public static int Value => TTile.Rows;
    }

    /// <summary>Columns of the tile.</summary>
    public readonly struct Columns : ILength
    {
        /// <inheritdoc/>
        public static int Value => TTile.Columns;
    }

    /// <summary>Two buffers for the left operand.</summary>
    public readonly struct BuffersA : ILength
    {
        /// <inheritdoc/>
        public static int Value => 2 * TTile.Depth * TTile.Rows;
    }

    /// <summary>Two buffers for the right operand.</summary>
    public readonly struct BuffersB : ILength
    {
        /// <inheritdoc/>
        public static int Value => 2 * TTile.Depth * TTile.Columns;
    }
}
