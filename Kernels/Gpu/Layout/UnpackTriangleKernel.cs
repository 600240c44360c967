using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y: the packed entries on one side of the diagonal, the diagonal, and 0 on the other side.</summary>
/// <param name="entries">Row after row, or empty for 0.</param>
/// <param name="diagonal">Or empty for 1.</param>
/// <param name="y">Square.</param>
/// <param name="n">Order.</param>
/// <param name="lower">Other than 0: below the diagonal.</param>
public readonly struct UnpackTriangleKernel<T, TView, TLane>(TView entries, TView diagonal, TView y, int n, int lower) : IKernel<T, TView>
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
        TLane value = TLane.Constant(row == c ? 1 : 0);
        if (row == c && diagonal.Length > 0) value = TLane.Broadcast(diagonal.Load(row));
        if ((lower != 0 ? c < row : c > row) && entries.Length > 0) value = TLane.Broadcast(entries.Load(PackedTriangle.At(row, c, n, lower)));
        y.Store(i, TLane.First(value));
    }
}
