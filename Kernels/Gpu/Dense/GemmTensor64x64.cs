namespace NativeFlow.Kernels.Gpu;

/// <summary>Products of middling size by matrix instructions.</summary>
public readonly struct GemmTensor64x64 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 64;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int BlocksDown => 1;

    /// <inheritdoc/>
    public static int BlocksAcross => 1;

    /// <inheritdoc/>
    public static int Items => 128;

    /// <inheritdoc/>
    public static bool IsTensor => true;
}
