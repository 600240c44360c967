using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>As <see cref="SweepKernel{T, TView, TLane, TRule}"/>, four elements an item; every plane starts at a multiple of four.</summary>
/// <param name="planes">Values, gradients and slots.</param>
/// <param name="rule">What the optimiser does.</param>
public readonly struct SweepQuadKernel<T, TView, TLane, TRule>(SweepViews<T, TView> planes, TRule rule) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TRule : struct, IPlaneRule<TRule, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = 4 * ((group.X * group.Items) + group.Item);
        if (i <= planes.Value.Length - 4) planes.Four<TLane, TRule>(rule, i);
        else
            for (int k = i; k < planes.Value.Length; k++) planes.One<TLane, TRule>(rule, k);
    }
}
