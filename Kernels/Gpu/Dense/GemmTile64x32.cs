namespace NativeFlow.Kernels.Gpu;

/// <summary>A batch times a matrix: 16 sums an item, many items.</summary>
public readonly struct GemmTile64x32 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 32;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int BlocksDown => 1;

    /// <inheritdoc/>
    public static int BlocksAcross => 1;

    /// <inheritdoc/>
    public static int Items => 128;
}
