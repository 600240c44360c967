using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>dx[r, c] += dy[r] exp(x[r, c] - y[r]).</summary>
/// <param name="x">Read.</param>
/// <param name="y">Output.</param>
/// <param name="dy">A number a row.</param>
/// <param name="dx">Added to.</param>
/// <param name="cols">Columns.</param>
public readonly struct LogSumExpGradientKernel<T, TView, TLane>(TView x, TView y, TView dy, TView dx, int cols) : IKernel<T, TView>
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
        if (i >= dx.Length) return;
        int r = i / cols;
        TLane weight = TLane.Exp(TLane.Broadcast(x.Load(i)) - TLane.Broadcast(y.Load(r)));
        dx.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(dy.Load(r)), weight, TLane.Broadcast(dx.Load(i)))));
    }
}
