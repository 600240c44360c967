namespace NativeFlow.Kernels;

/// <summary>One convolution, or one weight gradient, and how it is cut up. The cut follows from the shape and the batch alone, never from the number of threads.</summary>
internal unsafe struct ConvJob<T>
    where T : unmanaged
{
    /// <summary>The map to be done: transposed for an input gradient.</summary>
    public ConvShape Shape;

    /// <summary>The weight is that of the transposed shape.</summary>
    public bool Mirrored;

    public bool Add;
    public int Batch;
    public T* X;
    public T* W;
    public T* Bias;

    /// <summary>Result of a convolution; dz of a weight gradient.</summary>
    public T* Z;

    /// <summary>Sums of each piece of a weight gradient, [pieces x weights].</summary>
    public T* Sums;

    /// <summary>Vectors that hold the batch.</summary>
    public int Vectors;

    /// <summary>Blocks of the batch that are done at a time.</summary>
    public int Blocks;

    /// <summary>Pieces of work; each does some blocks.</summary>
    public int Pieces;
}
