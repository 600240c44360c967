namespace NativeFlow.Kernels.Gpu;

/// <summary>Little products by matrix instructions: one warp.</summary>
public readonly struct GemmTensor32x32 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 32;

    /// <inheritdoc/>
    public static int Columns => 32;

    /// <inheritdoc/>
    public static int Depth => 8;

    /// <inheritdoc/>
    public static int BlocksDown => 1;

    /// <inheritdoc/>
    public static int BlocksAcross => 1;

    /// <inheritdoc/>
    public static int Items => 32;

    /// <inheritdoc/>
    public static bool IsTensor => true;
}
