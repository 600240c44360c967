namespace NativeFlow.Kernels.Gpu;

/// <summary>The ways to cut a product.</summary>
internal enum GemmTiling
{
    /// <summary><see cref="GemmTile128x128"/>.</summary>
    Tile128x128,

    /// <summary><see cref="GemmTile64x64"/>.</summary>
    Tile64x64,

    /// <summary><see cref="GemmTile64x32"/>.</summary>
    Tile64x32,

    /// <summary><see cref="GemmTile32x32"/>.</summary>
    Tile32x32,

    /// <summary><see cref="GemmTile16x32"/>.</summary>
    Tile16x32,
}
