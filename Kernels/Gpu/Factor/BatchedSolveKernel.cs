using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>B := A^-1 B or A^-T B from the factors of many small matrices, one item a column of a right-hand side.</summary>
/// <param name="lu">Factors [count x n x n].</param>
/// <param name="pivots">Rows exchanged [count x n].</param>
/// <param name="b">Right-hand sides [count x n x columns].</param>
/// <param name="n">Order.</param>
/// <param name="columns">Columns of each right-hand side.</param>
/// <param name="transposed">1 for A^-T.</param>
public readonly struct BatchedSolveKernel<T, TView, TLane>(TView lu, TView pivots, TView b, int n, int columns, int transposed) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int q = (group.X * group.Items) + group.Item;
        if (q >= b.Length / n) return;
        int matrix = q / columns, x = (matrix * n * columns) + (q % columns);
        if (transposed == 0)
        {
            for (int i = 0; i < n; i++) Swap(x, i, matrix);
            for (int i = 0; i < n; i++) Unknown(matrix, x, i, 0, i, false);
            for (int i = n - 1; i >= 0; i--) Unknown(matrix, x, i, i + 1, n, true);
        }
        else
        {
            for (int i = 0; i < n; i++) Unknown(matrix, x, i, 0, i, true);
            for (int i = n - 1; i >= 0; i--) Unknown(matrix, x, i, i + 1, n, false);
            for (int i = n - 1; i >= 0; i--) Swap(x, i, matrix);
        }
    }

    private void Unknown(int matrix, int x, int i, int from, int to, bool divides)
    {
        int row = matrix * n * n, step = transposed == 0 ? 1 : n, at = transposed == 0 ? row + (i * n) : row + i;
        TLane sum = TLane.Broadcast(b.Load(x + (i * columns)));
        for (int j = from; j < to; j++)
            sum = TLane.MultiplyAdd(-TLane.Broadcast(lu.Load(at + (j * step))), TLane.Broadcast(b.Load(x + (j * columns))), sum);
        if (divides) sum /= TLane.Broadcast(lu.Load(row + (i * n) + i));
        b.Store(x + (i * columns), TLane.First(sum));
    }

    private void Swap(int x, int i, int matrix)
    {
        int p = (int)TLane.FirstInDouble(TLane.Broadcast(pivots.Load((matrix * n) + i)));
        if (p == i) return;
        T value = b.Load(x + (i * columns));
        b.Store(x + (i * columns), b.Load(x + (p * columns)));
        b.Store(x + (p * columns), value);
    }
}
