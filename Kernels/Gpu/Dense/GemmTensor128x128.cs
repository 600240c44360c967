namespace NativeFlow.Kernels.Gpu;

/// <summary>Large products by matrix instructions.</summary>
public readonly struct GemmTensor128x128 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 128;

    /// <inheritdoc/>
    public static int Columns => 128;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int BlocksDown => 1;

    /// <inheritdoc/>
    public static int BlocksAcross => 1;

    /// <inheritdoc/>
    public static int Items => 512;

    /// <inheritdoc/>
    public static bool IsTensor => true;
}
