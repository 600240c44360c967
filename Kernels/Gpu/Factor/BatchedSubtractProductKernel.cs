using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y_i -= A_i x_i, one item a row.</summary>
/// <param name="a">Matrices [count x n x n].</param>
/// <param name="x">Vectors [count x n].</param>
/// <param name="y">Vectors [count x n].</param>
/// <param name="n">Order.</param>
public readonly struct BatchedSubtractProductKernel<T, TView, TLane>(TView a, TView x, TView y, int n) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int r = (group.X * group.Items) + group.Item;
        if (r >= y.Length) return;
        TLane sum = TLane.Constant(0);
        for (int j = 0; j < n; j++) sum = TLane.MultiplyAdd(TLane.Broadcast(a.Load((r * n) + j)), TLane.Broadcast(x.Load((r / n * n) + j)), sum);
        y.Store(r, TLane.First(TLane.Broadcast(y.Load(r)) - sum));
    }
}
