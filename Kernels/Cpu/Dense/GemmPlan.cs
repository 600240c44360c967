namespace NativeFlow.Kernels;

/// <summary>One product and how it is cut up. Everything but the number of column chunks follows from the shape alone, and no cut changes a result.</summary>
internal unsafe struct GemmPlan<T>
    where T : unmanaged
{
    public bool TransposeA;
    public bool TransposeB;
    public bool Accumulate;
    public int M;
    public int N;
    public int K;
    public T Alpha;
    public T* A;
    public T* B;
    public T* C;
    public nint Lda;
    public nint Ldb;
    public nint Ldc;

    /// <summary>Blocks of rows, each packed at once.</summary>
    public int RowBlocks;

    /// <summary>Passes over k; C is touched once in each.</summary>
    public int KBlocks;

    /// <summary>Columns of op(A) packed at once: all of them, or one pass.</summary>
    public int PackedK;

    /// <summary>Column panels in a piece of work.</summary>
    public int ChunkPanels;

    /// <summary>Column panels prepared together and then met by one row tile after the other.</summary>
    public int GroupPanels;

    /// <summary>A is read where it lies.</summary>
    public bool DirectA;

    /// <summary>Full panels of B are read where they lie.</summary>
    public bool DirectB;

    /// <summary>Names the product in the packing buffers.</summary>
    public long Stamp;

    /// <summary>Independent pieces of work.</summary>
    public int Pieces;
}
