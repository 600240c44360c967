using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[r, k] += the sum of x[r, j] with index[j] = k, in the order of j; by rows likewise.</summary>
/// <param name="x">Read.</param>
/// <param name="first">First source of each place.</param>
/// <param name="next">Source after each source.</param>
/// <param name="y">Added to.</param>
/// <param name="from">Columns of x.</param>
/// <param name="to">Columns of y.</param>
/// <param name="byRows">Other than 0: places are rows.</param>
public readonly struct ScatterKernel<T, TView, TLane>(TView x, TView first, TView next, TView y, int from, int to, int byRows) : IKernel<T, TView>
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
        int r = i / to, c = i - (r * to);
        int j = (int)TLane.FirstInDouble(TLane.Broadcast(first.Load(byRows != 0 ? r : c)));
        TLane sum = TLane.Broadcast(y.Load(i));
        if (j == -2) sum = TLane.Constant(double.NaN);
        while (j >= 0)
        {
            sum += TLane.Broadcast(x.Load(byRows != 0 ? (j * to) + c : (r * from) + j));
            j = (int)TLane.FirstInDouble(TLane.Broadcast(next.Load(j)));
        }
        y.Store(i, TLane.First(sum));
    }
}
