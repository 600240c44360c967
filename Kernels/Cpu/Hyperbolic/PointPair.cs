using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Two points of the hyperboloid of radius 1 by their spatial parts: their distance and its gradient, without cancellation.</summary>
internal ref struct PointPair
{
    private readonly Span<double> _x;
    private readonly Span<double> _y;
    private readonly Span<double> _difference;
    private readonly Span<double> _unit;
    private readonly Span<double> _acrossX;
    private readonly Span<double> _acrossY;

    private double _a;
    private double _b;
    private double _apart;
    private double _m;
    private double _p;

    /// <summary>Takes six rows of memory.</summary>
    public PointPair(Span<double> memory)
    {
        int n = memory.Length / 6;
        _x = memory[..n];
        _y = memory.Slice(n, n);
        _difference = memory.Slice(2 * n, n);
        _unit = memory.Slice(3 * n, n);
        _acrossX = memory.Slice(4 * n, n);
        _acrossY = memory.Slice(5 * n, n);
    }

    /// <summary>d.</summary>
    public readonly double Distance => 2 * RadialFunctions.Asinh(RowVectors.Hypotenuse(_m, _p));

    /// <summary>Reads a pair and computes its polar coordinates.</summary>
    public void Load<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, double radius) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The difference before the division: it is exact for points close together.
        for (int i = 0; i < x.Length; i++)
        {
            double xi = double.CreateTruncating(x[i]), yi = double.CreateTruncating(y[i]);
            (_x[i], _y[i], _difference[i]) = (xi / radius, yi / radius, (xi - yi) / radius);
        }
        (_a, _b) = (RowVectors.Length(_x), RowVectors.Length(_y));
        double a0 = RowVectors.Hypotenuse(1, _a), b0 = RowVectors.Hypotenuse(1, _b), size = RowVectors.Length(_difference), times = 0, inner = 0;
        for (int i = 0; i < x.Length; i++)
        {
            times += _difference[i] * ((_x[i] / (a0 + b0)) + (_y[i] / (a0 + b0)));
            inner += (_a > 0 ? _x[i] / _a : 0) * (_b > 0 ? _y[i] / _b : 0);
        }
        // times = a0 - b0; sinh of the difference of the polar radii is (a - b)(a + b)/(a b0 + b a0).
        double both = (_a / a0) + (_b / b0);
        _apart = both > 0 ? times * ((1 / a0) + (1 / b0)) / both : 0;
        _m = _apart / Math.Sqrt(2 * (1 + RowVectors.Hypotenuse(1, _apart)));
        Across(_x, _a, _y, _b, size, -1, _acrossX);
        Across(_y, _b, _x, _a, size, 1, _acrossY);
        // |sin| from the part of the smaller across the larger one.
        double least = Math.Min(_a, _b), sine = least > 0 ? Math.Min(1, RowVectors.Length(_a >= _b ? _acrossX : _acrossY) / least) : 0;
        double half = inner > 0 ? sine / Math.Sqrt(2 * (1 + Math.Sqrt((1 - sine) * (1 + sine)))) : Math.Sqrt(Math.Max(0, 1 - inner) / 2);
        _p = Math.Sqrt(_a) * Math.Sqrt(_b) * half;
    }

    /// <summary>Gradients with respect to the spatial parts (radius 1); returns the one with respect to a radius that scales both (Euler: d is homogeneous in points and radius).</summary>
    public readonly double Gradient(Span<double> gx, Span<double> gy)
    {
        double h = RowVectors.Hypotenuse(_m, _p);
        if (h == 0)
        {
            gx.Clear();
            gy.Clear();
            return 0;
        }
        // sinh d = 2 h sqrt(1 + h^2), in two factors.
        double root = RowVectors.Hypotenuse(1, h), a0 = RowVectors.Hypotenuse(1, _a), b0 = RowVectors.Hypotenuse(1, _b);
        double slopeX = (_apart / h / root / 2) + (_a > 0 ? _p / h * (_p / root) * (a0 / _a) : 0), slopeY = (-_apart / h / root / 2) + (_b > 0 ? _p / h * (_p / root) * (b0 / _b) : 0);
        for (int i = 0; i < gx.Length; i++)
        {
            gx[i] = (_a > 0 ? _x[i] / _a * (slopeX / a0) : 0) - (_acrossX[i] / h / root / 2);
            gy[i] = (_b > 0 ? _y[i] / _b * (slopeY / b0) : 0) - (_acrossY[i] / h / root / 2);
        }
        return Distance - (slopeX * (_a / a0)) - (slopeY * (_b / b0));
    }

    // The part of the other point across this one, from whichever is shorter: the point itself or what parts them.
    private readonly void Across(ReadOnlySpan<double> one, double length, ReadOnlySpan<double> other, double otherLength, double size, double sign, Span<double> across)
    {
        RowVectors.Unit(one, length, _unit);
        bool close = size < otherLength;
        RowVectors.Split(close ? _difference : other, _unit, across);
        for (int i = 0; i < across.Length && close; i++) across[i] *= sign;
    }
}
