namespace NativeFlow.Kernels.Gpu;

/// <summary>Little products, and batches of them: 16 sums an item.</summary>
public readonly struct GemmTile32x32 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 32;

    /// <inheritdoc/>
    public static int Columns => 32;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int BlocksDown => 1;

    /// <inheritdoc/>
    public static int BlocksAcross => 1;

    /// <inheritdoc/>
    public static int Items => 64;
}
