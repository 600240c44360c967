using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := x rounded to the nearest integer, ties to even, or down.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Written.</param>
/// <param name="down">Other than 0: down.</param>
public readonly struct RoundKernel<T, TView, TLane>(TView x, TView y, int down) : IKernel<T, TView>
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
        TLane value = TLane.Broadcast(x.Load(i)), rounded = TLane.Round(value);
        if (down != 0) rounded = TLane.Select(TLane.LessThan(value, rounded), rounded - TLane.Constant(1), rounded);
        y.Store(i, TLane.First(rounded));
    }
}
