using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := whole number kept, or -1 for infinity.</summary>
/// <param name="found">Read.</param>
/// <param name="y">Written.</param>
public readonly struct FirstMemberKernel<T, TView, TLane>(TView found, TView y) : IKernel<T, TView>
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
        TLane number = TLane.Broadcast(found.Load(i));
        y.Store(i, TLane.First(TLane.Select(TLane.EqualTo(number, TLane.Constant(double.PositiveInfinity)), TLane.Constant(-1), number)));
    }
}
