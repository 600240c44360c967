namespace NativeFlow.Kernels.Gpu;

/// <summary>The least tile: groups of 32.</summary>
public readonly struct ConvTile16x32 : IConvTile
{
    /// <inheritdoc/>
    public static int Rows => 16;

    /// <inheritdoc/>
    public static int Columns => 32;
}
