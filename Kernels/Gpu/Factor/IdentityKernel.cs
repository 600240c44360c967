using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>a := the unit matrix, one item an element.</summary>
/// <param name="a">Matrix [n x n].</param>
/// <param name="n">Order.</param>
public readonly struct IdentityKernel<T, TView>(TView a, int n) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int e = (group.X * group.Items) + group.Item;
        if (e >= a.Length) return;
        T value = T.Zero;
        if (e % n == e / n) value = T.One;
        a.Store(e, value);
    }
}
