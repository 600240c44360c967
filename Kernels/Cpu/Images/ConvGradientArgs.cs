namespace NativeFlow.Kernels;

/// <summary>Operands of one register tile of a weight gradient. Steps are in elements.</summary>
internal unsafe struct ConvGradientArgs<T>
    where T : unmanaged
{
    /// <summary>Input under the tile's first tap.</summary>
    public T* X;

    /// <summary>From one tap to the next.</summary>
    public nint XStep;

    public T* Dz;

    /// <summary>From one output channel of dz to the next.</summary>
    public nint ZPlane;

    /// <summary>Where each image row starts, from <see cref="X"/>.</summary>
    public nint* XRows;

    /// <summary>From one image row of dz to the next.</summary>
    public nint ZRow;

    public int RowCount;

    /// <summary>Vectors of an image row.</summary>
    public int Vectors;

    /// <summary>Sums so far, a vector for each pair of output channel and tap.</summary>
    public T* Sums;

    /// <summary>From one output channel of the sums to the next.</summary>
    public nint SumPlane;

    /// <summary>From one tap of the sums to the next.</summary>
    public nint SumStep;
}
