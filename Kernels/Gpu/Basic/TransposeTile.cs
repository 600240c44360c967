namespace NativeFlow.Kernels.Gpu;

/// <summary>A tile of 32 x 32 with rows of 33: a column then touches every bank of the shared memory once.</summary>
public readonly struct TransposeTile : ILength
{
    /// <summary>Rows and columns of the tile.</summary>
    public const int Side = 32;

    /// <summary>From one row to the next.</summary>
    public const int Stride = Side + 1;

    /// <inheritdoc/>
    public static int Value => Side * Stride;
}
