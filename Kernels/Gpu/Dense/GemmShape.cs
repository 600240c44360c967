namespace NativeFlow.Kernels.Gpu;

/// <summary>Sizes and strides of a product as its kernels take them. Element (i, l) of op(A) lies at i RowA + l DepthA, element (l, j) of op(B) at l DepthB + j ColumnB, (i, j) of C at i RowC + j ColumnC.</summary>
/// <param name="M">Rows of the result.</param>
/// <param name="N">Columns of the result.</param>
/// <param name="K">Terms of each sum.</param>
/// <param name="RowA">From one row of op(A) to the next.</param>
/// <param name="DepthA">From one column of op(A) to the next.</param>
/// <param name="DepthB">From one row of op(B) to the next.</param>
/// <param name="ColumnB">From one column of op(B) to the next.</param>
/// <param name="RowC">From one row of C to the next.</param>
/// <param name="StrideA">From one A of a batch to the next.</param>
/// <param name="StrideB">From one B of a batch to the next.</param>
/// <param name="StrideC">From one C of a batch to the next.</param>
public readonly record struct GemmShape(
    int M, int N, int K, int RowA, int DepthA, int DepthB, int ColumnB, int RowC, int StrideA, int StrideB, int StrideC)
{
    /// <summary>From one column of C to the next.</summary>
    public int ColumnC { get; init; } = 1;

    /// <summary>Number of the product that the first group along z computes.</summary>
    public int FirstProduct { get; init; }

    /// <summary>Terms that one group sums: group y takes those from y Slab on.</summary>
    public int Slab { get; init; } = K;

    /// <summary>From the partial result of one group along y to that of the next.</summary>
    public int StrideSplit { get; init; }

    /// <summary>1 where four neighbours of A may be loaded at once, else 0.</summary>
    public int FoursA { get; init; }

    /// <summary>1 where four neighbours of B may be loaded at once, else 0.</summary>
    public int FoursB { get; init; }
}
