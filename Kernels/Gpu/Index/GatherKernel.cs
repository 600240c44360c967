using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[r, c] := x[r, index[c]] or, by rows, x[index[r], c]; or the same added.</summary>
/// <param name="x">Read.</param>
/// <param name="index">Whole numbers.</param>
/// <param name="y">Written.</param>
/// <param name="from">Columns of x.</param>
/// <param name="to">Columns of y.</param>
/// <param name="byRows">Other than 0: picks rows.</param>
/// <param name="adds">Other than 0: adds to y.</param>
public readonly struct GatherKernel<T, TView, TLane>(TView x, IndexList<T, TView, TLane> index, TView y, int from, int to, int byRows, int adds) : IKernel<T, TView>
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
        int r = i / to, c = i - (r * to), k = index.At(byRows != 0 ? r : c);
        TLane value = TLane.Constant(double.NaN);
        if (k >= 0) value = TLane.Broadcast(x.Load(byRows != 0 ? (k * to) + c : (r * from) + k));
        if (adds != 0) value = TLane.Broadcast(y.Load(i)) + value;
        y.Store(i, TLane.First(value));
    }
}
