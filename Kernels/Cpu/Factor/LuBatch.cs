using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Many factorisations or solves of one size, a piece for every vector of matrices; one object per calling thread, so that a batch allocates nothing after the first.</summary>
internal sealed unsafe class LuBatch<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static LuBatch<T>? reused;

    public T* A;
    public T* B;
    public int* Pivots;
    public int* FirstZero;
    public int N;
    public int Count;
    public int Stride;
    public int Rhs;
    public int StrideB;

    private static int Width => Vector512.IsHardwareAccelerated ? Vector512<T>.Count : Vector.IsHardwareAccelerated ? Vector<T>.Count : 1;

    public static LuBatch<T> Current => reused ??= new LuBatch<T>();

    /// <summary>Does all that the fields describe; without right-hand sides it factors.</summary>
    public void Run(Workers? workers)
    {
        int pieces = (Count + Width - 1) / Width;
        if (workers is not null && workers.Threads > 1) workers.Run(this, pieces);
        else
            for (int i = 0; i < pieces; i++) Execute(i);
    }

    public override void Execute(int index)
    {
        int first = index * Width, end = Math.Min(Count, first + Width);
        if (N <= LuAcross<T, ScalarLane<T>>.Largest && Width > 1 && end - first == Width)
        {
            if (Vector512.IsHardwareAccelerated) Across<Vector512Lane<T>>(first);
            else Across<VectorLane<T>>(first);
            return;
        }

        for (int i = first; i < end; i++)
        {
            T* a = A + (nint)i * Stride;
            int* pivots = Pivots + (nint)i * N;
            if (Rhs == 0) FirstZero[i] = Lu.Factor(N, a, N, pivots, null);
            else Lu.Solve(N, a, pivots, B + (nint)i * StrideB, Rhs, null);
        }
    }

    private void Across<TLane>(int first)
        where TLane : struct, ILane<TLane, T>
    {
        T* a = A + (nint)first * Stride;
        int* pivots = Pivots + (nint)first * N;
        if (Rhs == 0) LuAcross<T, TLane>.Factor(a, N, Stride, pivots, FirstZero + first);
        else LuAcross<T, TLane>.Solve(a, N, Stride, pivots, B + (nint)first * StrideB, Rhs, StrideB);
    }
}
