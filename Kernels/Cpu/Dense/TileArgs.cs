namespace NativeFlow.Kernels;

/// <summary>Operands of one register tile. Steps are in elements.</summary>
internal unsafe struct TileArgs<T>
    where T : unmanaged
{
    public T* A;

    /// <summary>Packed or transposed A: distance from one k to the next. Strided A: distance from one row to the next.</summary>
    public nint AStep;

    public T* B;
    public nint BStep;

    /// <summary>Where a tile that keeps B puts it, packed.</summary>
    public T* Kept;

    public T* C;
    public nint CStep;

    /// <summary>What is added to the product: C itself to accumulate; with step 0, the same row of a bias or of zeros for every row.</summary>
    public T* Add;
    public nint AddStep;

    public int K;
    public T Alpha;

    /// <summary>Columns in the last vector of a masked tile.</summary>
    public int LastColumns;

    /// <summary>How far ahead in B a tile fetches what it will read itself.</summary>
    public nint BAhead;

    /// <summary>The same in A: along the rows of a strided one, in steps of k in a transposed one; 0 leaves it to the processor.</summary>
    public nint AAhead;

    /// <summary>Memory that later tiles read: pairs of cache lines, fetched by each <see cref="Line"/> steps of k.</summary>
    public T* Ahead;

    /// <summary>Pairs fetched at a time.</summary>
    public int AheadPairs;

    /// <summary>From one pair to the next.</summary>
    public nint AheadStride;

    /// <summary>From the first line of a pair to the second.</summary>
    public nint AheadSecond;

    /// <summary>From one time to the next.</summary>
    public nint AheadStep;

    /// <summary>Rows of C fetched each <see cref="Line"/> steps of k, once at most <see cref="CAheadFrom"/> steps are left.</summary>
    public int CRowsAhead;

    public int CAheadFrom;

    /// <summary>Steps of k by which a tile fetches ahead what it will read itself.</summary>
    public const int StepsAhead = 4;

    /// <summary>Elements in a cache line.</summary>
    public static int Line => 64 / sizeof(T);
}
