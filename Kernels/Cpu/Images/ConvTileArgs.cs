namespace NativeFlow.Kernels;

/// <summary>Operands of one register tile of a convolution. Steps are in elements; a pixel is a run of rows of the batch.</summary>
internal unsafe struct ConvTileArgs<T>
    where T : unmanaged
{
    /// <summary>Input, at the first pixel of the tile under the kernel's first column.</summary>
    public T* X;

    /// <summary>Weights of the tile: channel, kernel row, kernel column, output channel.</summary>
    public T* W;

    /// <summary>One number an output channel, or null.</summary>
    public T* Bias;

    public T* Z;

    /// <summary>From one output channel of z to the next.</summary>
    public nint ZPlane;

    public int Channels;

    /// <summary>From one input channel to the next.</summary>
    public nint XPlane;

    public nint WPlane;

    /// <summary>Where each kernel row reads, from <see cref="X"/>.</summary>
    public nint* Rows;

    public int RowCount;

    /// <summary>Taps of a kernel row.</summary>
    public int Run;

    /// <summary>From one tap of a kernel row to the next.</summary>
    public nint XStep;
}
