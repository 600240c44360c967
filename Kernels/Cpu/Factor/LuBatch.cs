using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>One factorisation per piece; one object per calling thread, so that a batch allocates nothing after the first.</summary>
internal sealed unsafe class LuBatch<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static LuBatch<T>? reused;

    private T* a;
    private int* pivots;
    private int* firstZero;
    private int n;
    private int stride;

    public static void Run(Workers workers, T* a, int n, int count, int stride, int* pivots, int* firstZero)
    {
        LuBatch<T> batch = reused ??= new LuBatch<T>();
        batch.a = a;
        batch.n = n;
        batch.stride = stride;
        batch.pivots = pivots;
        batch.firstZero = firstZero;
        workers.Run(batch, count);
    }

    public override void Execute(int index) =>
        firstZero[index] = Lu.Factor(n, a + (nint)index * stride, n, pivots + index * n, null);
}
