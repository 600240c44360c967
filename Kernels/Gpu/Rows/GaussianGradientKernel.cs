using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>dz[r, c] := -dy[r] z[r, c], or the same added.</summary>
/// <param name="z">Read.</param>
/// <param name="dy">A number a row.</param>
/// <param name="dz">Written.</param>
/// <param name="cols">Columns.</param>
/// <param name="adds">Other than 0: added to dz.</param>
public readonly struct GaussianGradientKernel<T, TView, TLane>(TView z, TView dy, TView dz, int cols, int adds) : IKernel<T, TView>
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
        if (i >= dz.Length) return;
        TLane old = TLane.Constant(0);
        if (adds != 0) old = TLane.Broadcast(dz.Load(i));
        dz.Store(i, TLane.First(old - (TLane.Broadcast(dy.Load(i / cols)) * TLane.Broadcast(z.Load(i)))));
    }
}
