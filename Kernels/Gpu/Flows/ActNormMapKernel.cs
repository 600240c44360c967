using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>z[r, c] := factor[c] x[r, c] + offset[c].</summary>
/// <param name="x">Read.</param>
/// <param name="factor">A number a column.</param>
/// <param name="offset">A number a column.</param>
/// <param name="z">Written.</param>
public readonly struct ActNormMapKernel<T, TView, TLane>(TView x, TView factor, TView offset, TView z) : IKernel<T, TView>
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
        if (i >= z.Length) return;
        int column = i % factor.Length;
        z.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(factor.Load(column)), TLane.Broadcast(x.Load(i)), TLane.Broadcast(offset.Load(column)))));
    }
}
