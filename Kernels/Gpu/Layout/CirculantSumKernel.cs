using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>dc[k] += the sum of dy[r, c] with r - c = k mod n, in the order of r.</summary>
/// <param name="dy">Square.</param>
/// <param name="dc">Added to.</param>
/// <param name="n">Order.</param>
public readonly struct CirculantSumKernel<T, TView, TLane>(TView dy, TView dc, int n) : IKernel<T, TView>
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
        if (i >= dc.Length) return;
        TLane sum = TLane.Broadcast(dc.Load(i));
        for (int r = 0; r < n; r++)
        {
            int c = r - i;
            if (c < 0) c += n;
            sum += TLane.Broadcast(dy.Load((r * n) + c));
        }
        dc.Store(i, TLane.First(sum));
    }
}
