namespace NativeFlow.Kernels.Gpu;

/// <summary>Large products in single precision: 64 sums an item.</summary>
public readonly struct GemmTile128x128 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 128;

    /// <inheritdoc/>
    public static int Columns => 128;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int BlocksDown => 2;

    /// <inheritdoc/>
    public static int BlocksAcross => 2;

    /// <inheritdoc/>
    public static int Items => 256;
}
