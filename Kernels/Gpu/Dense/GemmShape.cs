namespace NativeFlow.Kernels.Gpu;

/// <summary>Sizes and strides of a product as its kernels take them. Element (i, l) of op(A) lies at i RowA + l DepthA, element (l, j) of op(B) at l DepthB + j ColumnB.</summary>
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
/// <param name="FirstProduct">Number of the product that the first group along z computes.</param>
public readonly record struct GemmShape(
    int M, int N, int K, int RowA, int DepthA, int DepthB, int ColumnB, int RowC, int StrideA, int StrideB, int StrideC, int FirstProduct);
