using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>entries += one side of dy, diagonal += its diagonal.</summary>
/// <param name="dy">Square.</param>
/// <param name="entries">Added to, or empty.</param>
/// <param name="diagonal">Added to, or empty.</param>
/// <param name="n">Order.</param>
/// <param name="lower">Other than 0: below the diagonal.</param>
public readonly struct PackTriangleKernel<T, TView, TLane>(TView dy, TView entries, TView diagonal, int n, int lower) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= n * n) return;
        int row = i / n, c = i - (row * n);
        TLane value = TLane.Broadcast(dy.Load(i));
        if (row == c && diagonal.Length > 0) diagonal.Store(row, TLane.First(TLane.Broadcast(diagonal.Load(row)) + value));
        if (!(lower != 0 ? c < row : c > row) || entries.Length == 0) return;
        int at = PackedTriangle.At(row, c, n, lower);
        entries.Store(at, TLane.First(TLane.Broadcast(entries.Load(at)) + value));
    }
}
