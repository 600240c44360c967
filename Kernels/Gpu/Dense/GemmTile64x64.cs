namespace NativeFlow.Kernels.Gpu;

/// <summary>Products of middling size, and large ones in double precision: 32 sums an item.</summary>
public readonly struct GemmTile64x64 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 64;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int BlocksDown => 2;

    /// <inheritdoc/>
    public static int BlocksAcross => 1;

    /// <inheritdoc/>
    public static int Items => 128;
}
