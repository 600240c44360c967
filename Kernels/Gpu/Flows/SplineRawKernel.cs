using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>rawGradient += the gradients of sizes and raw slopes, the former back through the softmax: a spline an item.</summary>
/// <param name="raw">Raw parameters.</param>
/// <param name="settings">Settings.</param>
/// <param name="sums">Gradients of sizes and raw slopes.</param>
/// <param name="rawGradient">Added to.</param>
/// <param name="splines">Splines.</param>
/// <param name="bins">Bins.</param>
public readonly struct SplineRawKernel<T, TView, TLane>(TView raw, TView settings, TView sums, TView rawGradient, int splines, int bins) : IKernel<T, TView>
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
        if (i >= splines) return;
        int at = i * ((3 * bins) - 1);
        var spline = new SplineParameters<T, TView, TLane>(raw, settings, at, bins);
        for (int side = 0; side < 2; side++)
        {
            spline.Softmax(side, out TLane greatest, out TLane sum);
            TLane mean = TLane.Constant(0), rest = spline.RestByRaw(side) / sum;
            int from = at + (side * bins);
            for (int j = 0; j < bins; j++) mean = TLane.MultiplyAdd(spline.Exp(side, j, greatest), TLane.Broadcast(sums.Load(from + j)), mean);
            mean = mean / sum;
            for (int j = 0; j < bins; j++)
            {
                TLane gradient = rest * spline.Exp(side, j, greatest) * (TLane.Broadcast(sums.Load(from + j)) - mean);
                rawGradient.Store(from + j, TLane.First(TLane.Broadcast(rawGradient.Load(from + j)) + gradient));
            }
        }
        for (int j = at + (2 * bins); j < at + (3 * bins) - 1; j++) rawGradient.Store(j, TLane.First(TLane.Broadcast(rawGradient.Load(j)) + TLane.Broadcast(sums.Load(j))));
    }
}
