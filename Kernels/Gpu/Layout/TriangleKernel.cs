using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y += one triangle of x, with its diagonal or a constant in the place of that.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="unit">On the diagonal.</param>
/// <param name="n">Order.</param>
/// <param name="lower">Other than 0: lower.</param>
/// <param name="hasUnit">Other than 0: the constant counts.</param>
public readonly struct TriangleKernel<T, TView, TLane>(TView x, TView y, T unit, int n, int lower, int hasUnit) : IKernel<T, TView>
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
        if (lower != 0 ? c > row : c < row) return;
        TLane value = TLane.Broadcast(row == c && hasUnit != 0 ? unit : x.Load(i));
        y.Store(i, TLane.First(TLane.Broadcast(y.Load(i)) + value));
    }
}
