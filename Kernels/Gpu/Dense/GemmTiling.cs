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

    /// <summary><see cref="GemmLines{T, TView, TLane}"/>: at most four columns or rows.</summary>
    Lines,

    /// <summary><see cref="GemmSmallKernel{T, TView, TLane}"/>: any size, meant for little products.</summary>
    Small,

    /// <summary><see cref="GemmTensor128x128"/>.</summary>
    Tensor128x128,

    /// <summary><see cref="GemmTensor64x64"/>.</summary>
    Tensor64x64,

    /// <summary><see cref="GemmTensor32x32"/>.</summary>
    Tensor32x32,
}
