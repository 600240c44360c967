using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i, j] := c[i - j mod n].</summary>
/// <param name="c">Read.</param>
/// <param name="y">Square.</param>
/// <param name="n">Order.</param>
public readonly struct CirculantKernel<T, TView, TLane>(TView c, TView y, int n) : IKernel<T, TView>
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
        if (i >= y.Length) return;
        int k = (i / n) - (i % n);
        y.Store(i, c.Load(k < 0 ? k + n : k));
    }
}
