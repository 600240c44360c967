namespace NativeFlow.Kernels.Gpu;

/// <summary>Many channels: groups of 256.</summary>
public readonly struct ConvTile64x64 : IConvTile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 64;
}
