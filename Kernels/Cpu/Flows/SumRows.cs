using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>sums[r] = the sum over row r of what a pass returns.</summary>
internal readonly unsafe struct SumRows<T, TPass>(TPass pass, T* sums, nint columns) : IStretch
    where T : unmanaged, IFloatingPointIeee754<T>
    where TPass : struct, IRowPass<T>
{
    public void Run(int from, int to)
    {
        for (int r = from; r < to; r++) sums[r] = RowLoop.Run<T, TPass>(pass, r * columns, columns);
    }
}
