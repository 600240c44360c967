namespace NativeFlow.Kernels;

/// <summary>Checks a <see cref="GemmArgs"/> at the door and fills in default strides.</summary>
internal static class GemmGuard
{
    public static (int Lda, int Ldb, int Ldc) Check(in GemmArgs a)
    {
        int colsA = a.TransposeA ? a.M : a.K, rowsA = a.TransposeA ? a.K : a.M;
        int colsB = a.TransposeB ? a.K : a.N, rowsB = a.TransposeB ? a.N : a.K;
        int lda = a.Lda == 0 ? colsA : a.Lda, ldb = a.Ldb == 0 ? colsB : a.Ldb, ldc = a.Ldc == 0 ? a.N : a.Ldc;
        Need("A", Extent(rowsA, colsA, lda, a.Batch, a.StrideA), a, a.A);
        Need("B", Extent(rowsB, colsB, ldb, a.Batch, a.StrideB), a, a.B);
        Need("C", Extent(a.M, a.N, ldc, a.Batch, a.StrideC), a, a.C);
        if (a.Batch > 1 && a.StrideC < Extent(a.M, a.N, ldc, 1, 0))
            throw new ArgumentException($"Gemm {a.M}x{a.N}x{a.K}: the {a.Batch} results overlap, as StrideC is {a.StrideC}; it must be at least {Extent(a.M, a.N, ldc, 1, 0)}.");
        if (a.C.Block == a.A.Block && Overlap(a.C, a.A) && !SideBySide(a, ldc, a.A, lda, colsA) || a.C.Block == a.B.Block && Overlap(a.C, a.B) && !SideBySide(a, ldc, a.B, ldb, colsB))
            throw new ArgumentException($"Gemm {a.M}x{a.N}x{a.K}: C overlaps an operand; give it memory of its own.");
        if (!a.Bias.IsNone)
        {
            if (a.Accumulate) throw new ArgumentException($"Gemm {a.M}x{a.N}x{a.K}: a bias together with Accumulate; add the bias where C is first written.");
            if (a.Bias.Length != a.N) throw new ArgumentException($"Gemm {a.M}x{a.N}x{a.K}: the bias has {a.Bias.Length} elements; it must have {a.N}.");
            if (a.C.Block == a.Bias.Block && Overlap(a.C, a.Bias)) throw new ArgumentException($"Gemm {a.M}x{a.N}x{a.K}: C overlaps the bias; give it memory of its own.");
        }
        return (lda, ldb, ldc);
    }

    private static int Extent(int rows, int cols, int stride, int batch, int batchStride)
        => rows == 0 || cols == 0 ? 0 : checked((rows - 1) * stride + cols + (batch - 1) * batchStride);

    private static void Need(string operand, int needed, in GemmArgs a, Slice given)
    {
        if (needed > given.Length) Throw.Gemm(operand, needed, a, given);
    }

    // Columns of one matrix beside those of C: the rows interleave, no element is shared.
    private static bool SideBySide(in GemmArgs a, int ldc, Slice x, int ldx, int colsX)
    {
        if (a.Batch != 1 || ldx != ldc) return false;
        int shift = (x.Offset - a.C.Offset) % ldc;
        if (shift < 0) shift += ldc;
        return shift >= a.N && shift + colsX <= ldc;
    }

    private static bool Overlap(Slice x, Slice y) => x.Offset < y.Offset + y.Length && y.Offset < x.Offset + x.Length;
}
