using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>One step of an optimiser, an item for each element.</summary>
/// <param name="planes">Values, gradients and slots.</param>
/// <param name="rule">What the optimiser does.</param>
public readonly struct SweepKernel<T, TView, TLane, TRule>(SweepViews<T, TView> planes, TRule rule) : IKernel<T, TView>
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
        int i = (group.X * group.Items) + group.Item;
        if (i < planes.Value.Length) planes.One<TLane, TRule>(rule, i);
    }
}
