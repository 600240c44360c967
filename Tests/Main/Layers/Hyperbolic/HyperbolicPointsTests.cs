using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Points of the hyperboloid on the host: golden vectors, round trips, metric properties.</summary>
public sealed class HyperbolicPointsTests
{
    public static TheoryData<double, int> Spaces => new() { { 0.5, 2 }, { 0.5, 5 }, { 1, 2 }, { 1, 1 }, { 2, 3 }, { 2, 6 }, { 11, 2 }, { 11, 4 } };

    [Fact]
    public void GoldenVectorsOfTheUnitPlane()
    {
        double[] v = [0.3, -0.4], x = new double[2], t = new double[2], u = new double[2], y = new double[2], log = new double[2];
        HyperbolicPoints.Exp0(v, 1, x);
        Near([0.31265718329624842, -0.41687624439499789], x, 1e-14);
        Near([1.1276259652063808], [HyperbolicPoints.Time(x, 1)], 1e-14);
        HyperbolicPoints.Exp0([1, 0.5], 1, t);
        Near([1.2217484963986273, 0.61087424819931365], t, 1e-14);
        HyperbolicPoints.FrameToSpatial(t, v, 1, u);
        Near([0.35543025920236014, -0.37228487039881993], u, 1e-14);
        HyperbolicPoints.Exp(t, v, 1, y);
        Near([1.7481014064924979, 0.30084586720312684], y, 1e-14);
        HyperbolicPoints.Log0(y, 1, log);
        Near([1.3182660202471085, 0.22687178363491474], log, 1e-14);
        Near([0.5], [HyperbolicPoints.Distance(t, y, 1)], 1e-14);
    }

    [Fact]
    public void GoldenVectorsOfRadiusTwo()
    {
        double[] t = new double[3], y = new double[3], log = new double[3];
        HyperbolicPoints.Exp0([1, 0.5, -2], 2, t);
        HyperbolicPoints.Exp(t, [0.3, -0.4, 1.2], 2, y);
        Near([1.481639943485986, 0.15126437271292839, -1.0338251992372151], y, 1e-14);
        Near([2.6994318615522154], [HyperbolicPoints.Time(y, 2)], 1e-14);
        HyperbolicPoints.Log0(y, 2, log);
        Near([1.3299476976450414, 0.13577772731474914, -0.92798081581010312], log, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void LogarithmUndoesExponential(double radius, int n)
    {
        // Also steps of 1e-9 R, from points up to 8 R away and from the origin itself.
        foreach (double far in (double[])[0, 1e-7, 0.3, 2, 8])
            foreach (double length in (double[])[0, 1e-9, 0.1, 3])
                for (ulong k = 0; k < 20; k++)
                {
                    double[] x = Point(radius, n, far, k), v = Direction(n, radius * length, k + 100), y = new double[n], back = new double[n];
                    HyperbolicPoints.Exp(x, v, radius, y);
                    HyperbolicPoints.Log(x, y, radius, back);
                    // What the coordinates of y keep: eps times its distance from the origin, in every direction.
                    double kept = 2e-15 * radius * Math.Exp(far + length);
                    Near(v, back, kept);
                    Assert.Equal(radius * length, HyperbolicPoints.Distance(x, y, radius), kept);
                }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void TheFormulasOfTheHyperboloidAgree(double radius, int n)
    {
        for (ulong k = 0; k < 30; k++)
        {
            double[] x = Point(radius, n, 1.5, k), y = Point(radius, n, 2, k + 50), v = Direction(n, radius, k + 100);
            double x0 = HyperbolicPoints.Time(x, radius), y0 = HyperbolicPoints.Time(y, radius), a = (x0 * y0 - Dot(x, y)) / (radius * radius);
            Assert.Equal(radius * Math.Acosh(a), HyperbolicPoints.Distance(x, y, radius), 1e-11 * radius);
            Assert.Equal(HyperbolicPoints.Distance(x, y, radius), HyperbolicPoints.Distance(y, x, radius));

            // log_x(y) = acosh(a)/sqrt(a^2 - 1) (y - a x) in ambient coordinates.
            double[] log = new double[n], u = new double[n], direct = new double[n];
            HyperbolicPoints.Log(x, y, radius, log);
            HyperbolicPoints.FrameToSpatial(x, log, radius, u);
            for (int i = 0; i < n; i++) direct[i] = Math.Acosh(a) / Math.Sqrt(a * a - 1) * (y[i] - a * x[i]);
            Near(direct, u, 1e-11 * radius);
            HyperbolicPoints.SpatialToFrame(x, u, radius, u);
            Near(log, u, 1e-13 * radius);

            // PT(v) = v + <y, v>/(R^2 - <x, y>) (x + y).
            double[] moved = new double[n], spatial = new double[n];
            HyperbolicPoints.FrameToSpatial(x, v, radius, spatial);
            double factor = (Dot(y, spatial) - y0 * Dot(x, spatial) / x0) / (radius * radius * (1 + a));
            for (int i = 0; i < n; i++) direct[i] = spatial[i] + factor * (x[i] + y[i]);
            HyperbolicPoints.Transport(x, y, v, radius, moved);
            HyperbolicPoints.FrameToSpatial(y, moved, radius, spatial);
            Near(direct, spatial, 1e-12 * radius);

            // And back again; lengths stay.
            Assert.Equal(radius, Math.Sqrt(Dot(moved, moved)), 1e-13 * radius);
            HyperbolicPoints.Transport(y, x, moved, radius, moved);
            Near(v, moved, 1e-13 * radius);

            // The plain boost of the origin to x.
            double c = (y0 + Dot(x, y) / (radius + x0)) / radius;
            for (int i = 0; i < n; i++) direct[i] = y[i] + c * x[i];
            HyperbolicPoints.Translate(x, y, radius, moved);
            Near(direct, moved, 1e-12 * radius);
            HyperbolicPoints.Translate(x, moved, radius, moved, back: true);
            Near(y, moved, 1e-12 * radius);
        }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void GeodesicsHaveUnitSpeedAndAreShortest(double radius, int n)
    {
        for (ulong k = 0; k < 20; k++)
        {
            double[] x = Point(radius, n, 2, k), y = Point(radius, n, 1, k + 50), z = Point(radius, n, 3, k + 100), p = new double[n], q = new double[n];
            double whole = HyperbolicPoints.Distance(x, y, radius);
            HyperbolicPoints.Geodesic(x, y, 0.2, radius, p);
            HyperbolicPoints.Geodesic(x, y, 0.7, radius, q);
            Assert.Equal(0.5 * whole, HyperbolicPoints.Distance(p, q, radius), 1e-12 * radius);
            Assert.Equal(0.3 * whole, HyperbolicPoints.Distance(q, y, radius), 1e-12 * radius);
            Assert.InRange(HyperbolicPoints.Distance(x, z, radius) + HyperbolicPoints.Distance(z, y, radius) - whole, -1e-12 * radius, double.PositiveInfinity);
            double[] line = HyperbolicPoints.Polyline(x, y, 8, radius);
            Assert.Equal(9 * n, line.Length);
            Assert.Equal(y, line[^n..]);
            for (int i = 0; i < 8; i++) Assert.Equal(whole / 8, HyperbolicPoints.Distance(line.AsSpan(i * n, n), line.AsSpan((i + 1) * n, n), radius), 1e-12 * radius);
        }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void IsometriesKeepDistances(double radius, int n)
    {
        for (ulong k = 0; k < 20; k++)
        {
            double[] x = Point(radius, n, 2, k), y = Point(radius, n, 1, k + 50), t = Point(radius, n, 2.5, k + 100), a = new double[n], b = new double[n];
            HyperbolicPoints.Translate(t, x, radius, a);
            HyperbolicPoints.Translate(t, y, radius, b);
            Assert.Equal(HyperbolicPoints.Distance(x, y, radius), HyperbolicPoints.Distance(a, b, radius), 2e-12 * radius);
            HyperbolicPoints.Translate(t, t, radius, a, back: true);
            Near(new double[n], a, 0);
        }
    }

    [Fact]
    public void NearPointsFarOutAreToldApart()
    {
        // Moved along the ray by s: the distance is s, however far out. The product form loses all of it.
        foreach (double radius in (double[])[0.5, 1, 2, 11])
            foreach (double s in (double[])[1e-6, 1e-3, 1])
            {
                double[] x = new double[3], y = new double[3];
                HyperbolicPoints.Exp0([0, 12 * radius, 0], radius, x);
                HyperbolicPoints.Exp0([0, (12 + s) * radius, 0], radius, y);
                Assert.Equal(s, HyperbolicPoints.Distance(x, y, radius) / radius, 1e-14);
            }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void TheRiemannianGradientIsThatOfTheFunctionAlongGeodesics(double radius, int n)
    {
        // f(x) = c.xs + |xs|^2/2: derivative along exp_x(h v) at h = 0 is <gradient, v>.
        double[] c = Direction(n, 1, 7), x = Point(radius, n, 1.3, 8), v = Direction(n, 1, 9), h = new double[n], gradient = new double[n];
        for (int i = 0; i < n; i++) h[i] = c[i] + x[i];
        HyperbolicPoints.RiemannianGradient(x, h, radius, gradient);
        double difference = (At(1e-5) - At(-1e-5)) / 2e-5;
        Assert.Equal(difference, Dot(gradient, v), 1e-8 * (1 + Math.Abs(difference)));

        double At(double step)
        {
            double[] y = new double[n], w = [.. v.Select(e => step * e)];
            HyperbolicPoints.Exp(x, w, radius, y);
            return Dot(c, y) + 0.5 * Dot(y, y);
        }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void ViewsGoBothWays(double radius, int n)
    {
        double[] points = [.. Point(radius, n, 0, 1), .. Point(radius, n, 0.5, 2), .. Point(radius, n, 5, 3)];
        double[] disk = PointViews.ToPoincare(points, n, radius), ambient = PointViews.ToAmbient(points, n, radius);
        Near(points, PointViews.FromPoincare(disk, n, radius), 1e-12 * radius);
        Assert.Equal(points, PointViews.FromAmbient(ambient, n, radius));
        // d(o, p) = 2 R artanh(|p|/R).
        double[] last = disk[^n..];
        Assert.Equal(5 * radius, 2 * radius * Math.Atanh(Math.Sqrt(Dot(last, last)) / radius), 1e-11 * radius);
        for (int r = 0; r < 3; r++)
        {
            double[] row = ambient[(r * (n + 1))..((r + 1) * (n + 1))];
            Assert.Equal(-radius * radius, Dot(row, row) - 2 * row[0] * row[0], 1e-11 * row[0] * row[0]);
        }
    }

    [Fact]
    public void PointsElsewhereAreRefused()
    {
        string outside = Assert.Throws<BadInputException>(() => PointViews.FromPoincare([0.1, 0.2, 1.2, 1.6], 2, 2)).Message;
        Assert.Equal("row 2: the point lies at 2 from the centre of the disk of radius 2; expected inside, |p| < R; check the coordinates and the radius.", outside);
        Assert.Throws<BadInputException>(() => PointViews.FromPoincare([double.NaN, 0], 2, 2));
        string off = Assert.Throws<BadInputException>(() => PointViews.FromAmbient([1, 0, 0, 1.5, 1, 0], 2, 1)).Message;
        Assert.StartsWith("row 2: the point is off the hyperboloid of radius 1: x0 is 1.5, sqrt(R^2 + |xs|^2) is 1.414213", off, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => PointViews.FromAmbient([-1, 0, 0], 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => HyperbolicPoints.Distance([1], [2], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => HyperbolicPoints.Distance([1], [2], double.NaN));
        Assert.Throws<ArgumentException>(() => HyperbolicPoints.Distance([1], [2, 3], 1));
        Assert.Throws<NonFiniteException>(() => HyperbolicPoints.Exp0([1000, 0], 1, new double[2]));
    }

    internal static double[] Direction(int n, double length, ulong key)
    {
        var v = new double[n];
        RandomFill.Gaussian<double>(key, 0, 0, v);
        double norm = Math.Sqrt(Dot(v, v));
        return [.. v.Select(e => e * length / norm)];
    }

    /// <summary>A point at <paramref name="far"/> R from the origin in a random direction.</summary>
    internal static double[] Point(double radius, int n, double far, ulong key)
    {
        double[] x = Direction(n, far * radius, key);
        HyperbolicPoints.Exp0(x, radius, x);
        return x;
    }

    internal static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    internal static void Near(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
