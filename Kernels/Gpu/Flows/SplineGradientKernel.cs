using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Gradients of a spline or its inverse: added to those of the input; those of the raw parameters added too where every element has its own, else left for <see cref="SplineKnotTerm{T, TView, TLane}"/>.</summary>
/// <param name="input">Input of the map.</param>
/// <param name="raw">Raw parameters.</param>
/// <param name="settings">Settings.</param>
/// <param name="outputGradient">Gradient of the output.</param>
/// <param name="logDetGradient">A number a row.</param>
/// <param name="inputGradient">Added to, or empty.</param>
/// <param name="rawGradient">Added to, or empty.</param>
/// <param name="knots">Seven numbers an element, or empty.</param>
/// <param name="cols">Columns.</param>
/// <param name="bins">Bins.</param>
/// <param name="splines">Splines: as many as columns, or as elements.</param>
/// <param name="inverse">Other than 0: inverse.</param>
public readonly struct SplineGradientKernel<T, TView, TLane>(TView input, TView raw, TView settings, TView outputGradient, TView logDetGradient, TView inputGradient, TView rawGradient, TView knots, int cols, int bins, int splines, int inverse) : IKernel<T, TView>
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
        if (i >= outputGradient.Length) return;
        int length = (3 * bins) - 1, at = i % splines * length;
        var spline = new SplineParameters<T, TView, TLane>(raw, settings, at, bins);
        TLane v = TLane.Broadcast(input.Load(i)), bar = TLane.Broadcast(outputGradient.Load(i)), logBar = TLane.Broadcast(logDetGradient.Load(i / cols)), zero = TLane.Constant(0);
        TLane bothX = zero, rightX = zero, bothY = zero, rightY = zero, leftSlope = zero, rightSlope = zero;
        int number = 0;
        if (!TLane.Any(TLane.LessThan(spline.Bound, TLane.Abs(v))))
        {
            SplinePlace<T, TView, TLane> place = SplinePlace<T, TView, TLane>.Find(spline, bins, v, inverse);
            place.Corners(out TLane x0, out TLane width, out TLane y0, out TLane height);
            var bin = new SplineLane<TLane, T>(x0, width, y0, height, spline.Slope(place.Bin), spline.Slope(place.Bin + 1));
            number = place.Bin;
            TLane t, leftX, leftY;
            if (inverse != 0)
            {
                t = bin.Part(bin.X(bin.InversePart(v)));
                TLane slope = bin.Slope(t, out TLane bend);
                bar = (bar - (logBar * bend)) / slope;
                bin.Backward(t, -bar, -logBar, out leftX, out rightX, out leftY, out rightY, out leftSlope, out rightSlope);
            }
            else
            {
                t = bin.Part(v);
                bar = bin.Backward(t, bar, logBar, out leftX, out rightX, out leftY, out rightY, out leftSlope, out rightSlope);
            }
            // The outermost knots do not move.
            if (number == bins - 1)
            {
                rightX = zero;
                rightY = zero;
                rightSlope = zero;
            }
            else rightSlope *= spline.SlopeDerivative(number + 1);
            if (number == 0) leftSlope = zero;
            else leftSlope *= spline.SlopeDerivative(number);
            bothX = leftX + rightX;
            bothY = leftY + rightY;
            if (rawGradient.Length > 0)
            {
                Sizes(spline, 0, at, number, place.GreatestX, place.SumX, place.BeforeX, place.OwnX, bothX, rightX);
                Sizes(spline, 1, at + bins, number, place.GreatestY, place.SumY, place.BeforeY, place.OwnY, bothY, rightY);
                if (number > 0) Add(at + (2 * bins) + number - 1, leftSlope);
                if (number < bins - 1) Add(at + (2 * bins) + number, rightSlope);
            }
        }
        if (inputGradient.Length > 0) inputGradient.Store(i, TLane.First(TLane.Broadcast(inputGradient.Load(i)) + bar));
        if (knots.Length == 0) return;
        int n = outputGradient.Length;
        knots.Store(i, TLane.First(TLane.Constant(number)));
        knots.Store(n + i, TLane.First(bothX));
        knots.Store((2 * n) + i, TLane.First(rightX));
        knots.Store((3 * n) + i, TLane.First(bothY));
        knots.Store((4 * n) + i, TLane.First(rightY));
        knots.Store((5 * n) + i, TLane.First(leftSlope));
        knots.Store((6 * n) + i, TLane.First(rightSlope));
    }

    // Size j moves every inner knot right of it: both of the bin, the right one, or none; then back through the softmax.
    private void Sizes(SplineParameters<T, TView, TLane> spline, int side, int at, int number, TLane greatest, TLane sum, TLane before, TLane own, TLane both, TLane right)
    {
        TLane mean = TLane.MultiplyAdd(both, before, right * own) / sum, rest = spline.RestByRaw(side) / sum;
        for (int j = 0; j < bins; j++)
        {
            TLane gradient = j < number ? both : j == number ? right : TLane.Constant(0);
            Add(at + j, rest * spline.Exp(side, j, greatest) * (gradient - mean));
        }
    }

    private void Add(int at, TLane value) => rawGradient.Store(at, TLane.First(TLane.Broadcast(rawGradient.Load(at)) + value));
}
