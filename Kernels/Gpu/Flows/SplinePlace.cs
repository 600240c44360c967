using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The bin that an element falls into, and what a gradient needs to get back through the softmax of each side.</summary>
public struct SplinePlace<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private TLane _x0, _x1, _y0, _y1;

    /// <summary>Number of the bin.</summary>
    public int Bin { get; private set; }

    /// <summary>Greatest raw size of a side and the sum of its exponentials; the exponentials before the bin, and the bin's own.</summary>
    public TLane GreatestX, SumX, BeforeX, OwnX, GreatestY, SumY, BeforeY, OwnY;

    /// <summary>Looks <paramref name="v"/> up among the knots of a side.</summary>
    public static SplinePlace<T, TView, TLane> Find(SplineParameters<T, TView, TLane> spline, int bins, TLane v, int byHeight)
    {
        var place = default(SplinePlace<T, TView, TLane>);
        spline.Softmax(0, out place.GreatestX, out place.SumX);
        spline.Softmax(1, out place.GreatestY, out place.SumY);
        TLane restX = spline.Rest(0) / place.SumX, restY = spline.Rest(1) / place.SumY;
        TLane left = -spline.Bound, low = left, sumX = TLane.Constant(0), sumY = sumX;
        for (int j = 0; j < bins; j++)
        {
            TLane x = spline.Exp(0, j, place.GreatestX), y = spline.Exp(1, j, place.GreatestY);
            TLane beforeX = sumX, beforeY = sumY;
            sumX += x;
            sumY += y;
            TLane right = spline.Knot(0, j, restX, sumX), high = spline.Knot(1, j, restY, sumY);
            if (j == 0 || !TLane.Any(TLane.LessThan(v, byHeight != 0 ? low : left)))
            {
                place.Bin = j;
                (place._x0, place._x1, place._y0, place._y1) = (left, right, low, high);
                (place.BeforeX, place.OwnX, place.BeforeY, place.OwnY) = (beforeX, x, beforeY, y);
            }
            (left, low) = (right, high);
        }
        return place;
    }

    /// <summary>The bin's corner and sizes, with the slopes at its ends.</summary>
    public readonly void Corners(out TLane x0, out TLane width, out TLane y0, out TLane height)
    {
        x0 = _x0;
        width = _x1 - _x0;
        y0 = _y0;
        height = _y1 - _y0;
    }
}
