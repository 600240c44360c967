using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Many small products as pieces for the crew: each piece is a run of whole products.</summary>
internal sealed unsafe class GemmBatchWork<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static GemmBatchWork<T>? t_work;

    public bool TransposeA, TransposeB, Accumulate;
    public int Batch, BatchesPerPiece, M, N, K, Lda, Ldb, Ldc;
    public long StrideA, StrideB, StrideC;
    public T Alpha;
    public T* A;
    public T* B;
    public T* C;
    public T* Bias;

    public static GemmBatchWork<T> Current => t_work ??= new GemmBatchWork<T>();

    public override void Execute(int index)
    {
        int end = (int)Math.Min(Batch, (long)(index + 1) * BatchesPerPiece);
        for (long i = (long)index * BatchesPerPiece; i < end; i++)
            Gemm.Run(TransposeA, TransposeB, M, N, K, Alpha, A + i * StrideA, Lda, B + i * StrideB, Ldb, Accumulate, C + i * StrideC, Ldc, bias: Bias);
    }
}
