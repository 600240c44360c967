using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A_i := s_i I for matrices below each other, one item an element.</summary>
/// <param name="a">Matrices [count x n x n].</param>
/// <param name="scales">s; empty for ones.</param>
/// <param name="n">Order.</param>
public readonly struct ScaledIdentityKernel<T, TView>(TView a, TView scales, int n) : IKernel<T, TView>
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
        if (e % n == e / n % n) value = scales.Length > 0 ? scales.Load(e / n / n) : T.One;
        a.Store(e, value);
    }
}
