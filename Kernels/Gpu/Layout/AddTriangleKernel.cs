using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y += scale times a triangle of m.</summary>
/// <param name="m">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="scale">Factor.</param>
/// <param name="n">Order.</param>
/// <param name="lower">Other than 0: lower.</param>
/// <param name="withoutDiagonal">Other than 0: the diagonal stays as it is.</param>
public readonly struct AddTriangleKernel<T, TView, TLane>(TView m, TView y, T scale, int n, int lower, int withoutDiagonal) : IKernel<T, TView>
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
        if (i >= m.Length) return;
        int row = i / n, c = i - (row * n);
        if ((lower != 0 ? c > row : c < row) || (c == row && withoutDiagonal != 0)) return;
        y.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(scale), TLane.Broadcast(m.Load(i)), TLane.Broadcast(y.Load(i)))));
    }
}
