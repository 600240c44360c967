namespace NativeFlow.Kernels.Gpu;

/// <summary>The least tile: a group of 32.</summary>
public readonly struct GemmTile16x32 : IGemmTile
{
    /// <inheritdoc/>
    public static int Rows => 16;

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
}
