using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := (or +=) alpha times the sum of the slabs' partial results, in the order of the slabs; one item an element.</summary>
/// <param name="partial">Partial results [slabs x elements].</param>
/// <param name="y">Result.</param>
/// <param name="slabs">How many.</param>
/// <param name="alpha">Factor.</param>
/// <param name="adds">1 to add to what is there.</param>
public readonly struct SlabSumKernel<T, TView, TLane>(TView partial, TView y, int slabs, T alpha, int adds) : IKernel<T, TView>
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
        TLane sum = TLane.Constant(0);
        for (int s = 0; s < slabs; s++) sum += TLane.Broadcast(partial.Load((s * y.Length) + i));
        TLane value = TLane.Broadcast(alpha) * sum;
        if (adds != 0) value = TLane.Broadcast(y.Load(i)) + value;
        y.Store(i, TLane.First(value));
    }
}
