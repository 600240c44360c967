using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Points and tangent vectors of the hyperboloid of radius R (curvature -1/R^2), one at a time, in double.</summary>
/// <remarks>
/// A point is its spatial part xs (n numbers); the time x0 = sqrt(R^2 + |xs|^2) is computed, never kept. A tangent vector at x is
/// the vector v at the origin o that parallel transport along the ray takes to it: its length is |v|, and nothing about it grows with x.
/// <see cref="FrameToSpatial"/> and <see cref="SpatialToFrame"/> change to the spatial part of the ambient vector.
/// Points are compared along the light cone of the ray through x: with e = xs/|xs|, x+ = x0 + |xs| and y - x = p e + w, a boost only scales
/// y+ and y-, so that differences of large numbers appear nowhere and the error is that of the coordinates, about eps cosh(|log_o x| / R).
/// Spans given for results may be those of inputs. Cost O(n).
/// </remarks>
public static class HyperbolicPoints
{
    /// <summary>x0 = sqrt(R^2 + |xs|^2).</summary>
    public static double Time(ReadOnlySpan<double> xs, double radius)
    {
        Check(radius);
        return TimeOf(Dot(xs, xs), radius);
    }

    /// <summary>Geodesic distance; the same bits for (x, y) and (y, x).</summary>
    public static double Distance(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, double radius)
    {
        Check(radius, xs.Length, ys.Length);
        double a = Dot(xs, xs), b = Dot(ys, ys);
        bool swap = b > a || (b == a && ys.SequenceCompareTo(xs) > 0);
        return swap ? Near(ys, b, xs, radius).Distance : Near(xs, a, ys, radius).Distance;
    }

    /// <summary>exp_o(v): the point at distance |v| from the origin in direction v.</summary>
    /// <exception cref="NonFiniteException">|v| is not finite or beyond 700 R, where coordinates overflow.</exception>
    public static void Exp0(ReadOnlySpan<double> v, double radius, Span<double> xs)
    {
        Check(radius, v.Length, xs.Length);
        double r = Math.Sqrt(Dot(v, v)) / radius;
        if (!(r <= 700)) throw new NonFiniteException($"HyperbolicPoints.Exp: a vector of length {r} R leads to no point whose coordinates are numbers; expected at most 700 R; take shorter steps.");
        Scale(v, Sinhc(r), xs);
    }

    /// <summary>log_o(x): the vector at the origin that leads to x.</summary>
    public static void Log0(ReadOnlySpan<double> xs, double radius, Span<double> v)
    {
        Check(radius, xs.Length, v.Length);
        Scale(xs, Asinhc(Math.Sqrt(Dot(xs, xs)) / radius), v);
    }

    /// <summary>exp_x(v): where the geodesic from x with initial velocity v is at time 1.</summary>
    /// <exception cref="NonFiniteException">As <see cref="Exp0"/>.</exception>
    public static void Exp(ReadOnlySpan<double> xs, ReadOnlySpan<double> v, double radius, Span<double> ys)
    {
        Check(radius, xs.Length, v.Length, ys.Length);
        Span<double> z = v.Length <= 64 ? stackalloc double[v.Length] : new double[v.Length];
        Exp0(v, radius, z);
        Translate(xs, z, radius, ys);
    }

    /// <summary>log_x(y): the vector at x that leads to y; its length is the distance.</summary>
    public static void Log(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, double radius, Span<double> v)
    {
        Translate(xs, ys, radius, v, back: true);
        Log0(v, radius, v);
    }

    /// <summary>Parallel transport of a vector at x along the geodesic to y: in these coordinates a rotation in the plane of xs and ys.</summary>
    /// <remarks>The gyration (1 - conj(p) q)/(1 - p conj(q)) of the points p, q of the Poincare disk.</remarks>
    public static void Transport(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, ReadOnlySpan<double> v, double radius, Span<double> result)
    {
        Check(radius, xs.Length, ys.Length, v.Length);
        double squareX = Dot(xs, xs), x = Math.Sqrt(squareX);
        v.CopyTo(result);
        if (x == 0) return;
        Pair pair = Near(xs, squareX, ys, radius);
        double along = Math.Sqrt(pair.PerpendicularSquare);
        if (along == 0) return;
        double re = 2 * radius * radius + radius * (TimeOf(squareX, radius) + pair.TimeY) + 0.5 * pair.Square, im = -x * along;
        double length = Math.Sqrt(re * re + im * im);
        (re, im) = (re / length, im / length);
        double cos = 1 - 2 * im * im, sin = 2 * re * im, first = 0, second = 0;
        for (int i = 0; i < v.Length; i++)
        {
            double e = xs[i] / x;
            first += e * v[i];
            second += pair.Perpendicular(xs, ys, i) / along * v[i];
        }

        double a = (cos - 1) * first - sin * second, b = sin * first + (cos - 1) * second;
        for (int i = 0; i < v.Length; i++) result[i] = v[i] + a * (xs[i] / x) + b * (pair.Perpendicular(xs, ys, i) / along);
    }

    /// <summary>The boost that takes the origin to t, applied to y (Moebius addition t + y in the disk); <paramref name="back"/>: its inverse, which takes t to the origin.</summary>
    public static void Translate(ReadOnlySpan<double> ts, ReadOnlySpan<double> ys, double radius, Span<double> result, bool back = false)
    {
        Check(radius, ts.Length, ys.Length, result.Length);
        double square = Dot(ts, ts), t = Math.Sqrt(square);
        if (t == 0)
        {
            ys.CopyTo(result);
            return;
        }

        if (back)
        {
            Pair pair = Near(ts, square, ys, radius);
            double along = 0.5 * radius * (pair.Stretch * (1 + pair.Ratio) - pair.PerpendicularSquare / (radius * radius)) / pair.Ratio;
            for (int i = 0; i < ts.Length; i++) result[i] = pair.Perpendicular(ts, ys, i) + along * (ts[i] / t);
            return;
        }

        double plus = (TimeOf(square, radius) + t) / radius, a = 0;
        for (int i = 0; i < ts.Length; i++) a += ts[i] / t * ys[i];
        double wide = 0;
        for (int i = 0; i < ts.Length; i++)
        {
            double w = ys[i] - a * (ts[i] / t);
            wide += w * w;
        }

        double time = TimeOf(a * a + wide, radius), yPlus = (a >= 0 ? time + a : (radius * radius + wide) / (time - a)) * plus;
        double moved = 0.5 * (yPlus - (radius * radius + wide) / yPlus);
        for (int i = 0; i < ts.Length; i++)
        {
            double e = ts[i] / t;
            result[i] = ys[i] - a * e + moved * e;
        }
    }

    /// <summary>The point that divides the geodesic from x to y at <paramref name="share"/> of its length; below 0 and above 1 beyond its ends.</summary>
    public static void Geodesic(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, double share, double radius, Span<double> point)
    {
        Span<double> v = xs.Length <= 64 ? stackalloc double[xs.Length] : new double[xs.Length];
        Log(xs, ys, radius, v);
        Scale(v, share, v);
        Exp(xs, v, radius, point);
    }

    /// <summary>Points at equal distances on the geodesic from x to y, both ends among them: [(segments + 1) x n].</summary>
    public static double[] Polyline(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, int segments, double radius)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segments, 1);
        int n = xs.Length;
        var points = new double[(segments + 1) * n];
        for (int k = 1; k < segments; k++) Geodesic(xs, ys, k / (double)segments, radius, points.AsSpan(k * n, n));
        xs.CopyTo(points);
        ys.CopyTo(points.AsSpan(segments * n));
        return points;
    }

    /// <summary>The Riemannian gradient, as a tangent vector at x, of a function whose derivatives by the spatial coordinates are <paramref name="gradient"/>.</summary>
    /// <remarks>The inverse metric I + xs xs^T / R^2 of these coordinates, then the change to the frame: h + xs (xs.h) / (R (R + x0)).</remarks>
    public static void RiemannianGradient(ReadOnlySpan<double> xs, ReadOnlySpan<double> gradient, double radius, Span<double> v)
    {
        Check(radius, xs.Length, gradient.Length, v.Length);
        AddRay(xs, gradient, Dot(xs, gradient) / (radius * (radius + TimeOf(Dot(xs, xs), radius))), v);
    }

    /// <summary>The spatial part u of the ambient vector at x; its time part is xs.u / x0.</summary>
    public static void FrameToSpatial(ReadOnlySpan<double> xs, ReadOnlySpan<double> v, double radius, Span<double> u)
    {
        Check(radius, xs.Length, v.Length, u.Length);
        AddRay(xs, v, Dot(xs, v) / (radius * (radius + TimeOf(Dot(xs, xs), radius))), u);
    }

    /// <summary>Inverse of <see cref="FrameToSpatial"/>.</summary>
    public static void SpatialToFrame(ReadOnlySpan<double> xs, ReadOnlySpan<double> u, double radius, Span<double> v)
    {
        Check(radius, xs.Length, u.Length, v.Length);
        double time = TimeOf(Dot(xs, xs), radius);
        AddRay(xs, u, -Dot(xs, u) / (time * (radius + time)), v);
    }

    /// <summary>sinh(r)/r.</summary>
    internal static double Sinhc(double r) => r < 1e-4 ? 1 + r * r / 6 : Math.Sinh(r) / r;

    /// <summary>asinh(s)/s.</summary>
    internal static double Asinhc(double s) => s < 1e-4 ? 1 - s * s / 6 : Math.Asinh(s) / s;

    internal static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    internal static void Check(double radius)
    {
        if (!(radius > 0) || !double.IsFinite(radius)) throw new ArgumentOutOfRangeException(nameof(radius), $"The radius R is {radius}; expected a positive number, R = 1/sqrt(-K) for a curvature K below 0.");
    }

    private static void Check(double radius, int a, int b, int c = -1)
    {
        Check(radius);
        if (a != b || (c >= 0 && c != a)) throw new ArgumentException($"HyperbolicPoints: the rows have {a}, {b}{(c >= 0 ? $" and {c}" : "")} numbers; expected the same dimension.");
    }

    private static double TimeOf(double square, double radius) => Math.Sqrt(radius * radius + square);

    private static void AddRay(ReadOnlySpan<double> xs, ReadOnlySpan<double> v, double factor, Span<double> result)
    {
        for (int i = 0; i < v.Length; i++) result[i] = v[i] + factor * xs[i];
    }

    private static void Scale(ReadOnlySpan<double> v, double factor, Span<double> result)
    {
        for (int i = 0; i < v.Length; i++) result[i] = factor * v[i];
    }

    // y seen from x along the light cone of x: y+ = x+ (1 + h), and q = |ys - xs|^2 - (y0 - x0)^2 = (R^2 h^2 + |w|^2)/(1 + h).
    private static Pair Near(ReadOnlySpan<double> xs, double squareX, ReadOnlySpan<double> ys, double radius)
    {
        double x = Math.Sqrt(squareX), timeX = TimeOf(squareX, radius);
        if (x == 0)
        {
            double squareY = Dot(ys, ys), time = TimeOf(squareY, radius);
            return new Pair(radius, 0, 0, 0, 1, squareY, time, 2 * radius * squareY / (radius + time));
        }

        double p = 0, fix = 0, wide = 0;
        for (int i = 0; i < xs.Length; i++) p += xs[i] / x * (ys[i] - xs[i]);
        for (int i = 0; i < xs.Length; i++) fix += xs[i] / x * (ys[i] - xs[i] - p * (xs[i] / x));
        p += fix;
        for (int i = 0; i < xs.Length; i++)
        {
            double w = ys[i] - xs[i] - p * (xs[i] / x);
            wide += w * w;
        }

        double y = x + p, timeY = TimeOf(y * y + wide, radius), plusX = timeX + x;
        double plusY = y >= 0 ? timeY + y : (radius * radius + wide) / (timeY - y);
        double stretch = (p * (plusX + plusY) + wide) / (plusX * (timeX + timeY));
        double ratio = plusY / plusX;
        return new Pair(radius, x, p, stretch, ratio, wide, timeY, (radius * radius * stretch * stretch + wide) / ratio);
    }

    private readonly struct Pair(double radius, double x, double along, double stretch, double ratio, double perpendicularSquare, double timeY, double square)
    {
        /// <summary>h.</summary>
        public double Stretch { get; } = stretch;

        /// <summary>1 + h, which is the small number where y lies far behind x.</summary>
        public double Ratio { get; } = ratio;

        public double PerpendicularSquare { get; } = perpendicularSquare;

        public double TimeY { get; } = timeY;

        public double Square { get; } = square;

        public double Distance => 2 * radius * Math.Asinh(Math.Sqrt(Square) / (2 * radius));

        public double Perpendicular(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, int i) => ys[i] - xs[i] - along * (xs[i] / x);
    }
}
