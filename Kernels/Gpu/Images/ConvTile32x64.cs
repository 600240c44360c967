namespace NativeFlow.Kernels.Gpu;

/// <summary>Few channels: groups of 128.</summary>
public readonly struct ConvTile32x64 : IConvTile
{
    /// <inheritdoc/>
    public static int Rows => 32;

    /// <inheritdoc/>
    public static int Columns => 64;
}
