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
    public T* Bias;
    public nint Lda;
    public nint Ldb;
    public nint Ldc;

    /// <summary>Passes over k; C is touched once in each, and A packed for each.</summary>
    public int Passes;

    /// <summary>Slabs of rows of which A is packed at once; nearly always one.</summary>
    public int Slabs;

    /// <summary>Blocks of a slab's rows that stay in the second-level cache while the panels of a chunk go by.</summary>
    public int Blocks;

    /// <summary>Chunks of column panels, the pieces of work of a thread; independent of each other.</summary>
    public int Chunks;

    /// <summary>Column panels prepared together and then met by one row tile after the other.</summary>
    public int GroupPanels;

    /// <summary>A is read where it lies.</summary>
    public bool DirectA;

    /// <summary>B is read where it lies.</summary>
    public bool DirectB;

    // Where the product stands: the same for all pieces that run at one time.
    public int FirstRow;
    public int Rows;
    public int FirstK;
    public int PassK;

    /// <summary>The slab's A, row tile after row tile, if packed.</summary>
    public T* PackedA;

    /// <summary>Row tiles of the slab.</summary>
    public int Tiles;
}
