using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A spline or its inverse on every element, and the logarithm of its slope.</summary>
/// <param name="input">Read.</param>
/// <param name="raw">Raw parameters.</param>
/// <param name="settings">Settings.</param>
/// <param name="output">Written.</param>
/// <param name="logSlope">log dz/dx, 0 outside.</param>
/// <param name="bins">Bins.</param>
/// <param name="splines">Splines: as many as columns, or as elements.</param>
/// <param name="inverse">Other than 0: inverse.</param>
public readonly struct SplineValueKernel<T, TView, TLane>(TView input, TView raw, TView settings, TView output, TView logSlope, int bins, int splines, int inverse) : IKernel<T, TView>
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
        if (i >= output.Length) return;
        var spline = new SplineParameters<T, TView, TLane>(raw, settings, i % splines * ((3 * bins) - 1), bins);
        TLane v = TLane.Broadcast(input.Load(i));
        if (TLane.Any(TLane.LessThan(spline.Bound, TLane.Abs(v))))
        {
            output.Store(i, TLane.First(v));
            logSlope.Store(i, TLane.First(TLane.Constant(0)));
            return;
        }
        SplinePlace<T, TView, TLane> place = SplinePlace<T, TView, TLane>.Find(spline, bins, v, inverse);
        place.Corners(out TLane x0, out TLane width, out TLane y0, out TLane height);
        var bin = new SplineLane<TLane, T>(x0, width, y0, height, spline.Slope(place.Bin), spline.Slope(place.Bin + 1));
        TLane x = v;
        // The slope from x as it is rounded: where z is flat, the two then fit each other though z has lost digits.
        if (inverse != 0) x = bin.X(bin.InversePart(v));
        TLane z = bin.Forward(bin.Part(x), out TLane slope);
        output.Store(i, TLane.First(inverse != 0 ? x : z));
        logSlope.Store(i, TLane.First(TLane.Log(slope)));
    }
}
