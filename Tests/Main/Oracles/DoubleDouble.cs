namespace NativeFlow.Tests;

/// <summary>An unevaluated sum of two doubles, about 106 bits (Dekker 1971; Knuth's and Ogita's error-free sums and products).</summary>
public readonly record struct DoubleDouble(double High, double Low)
{
    public static implicit operator DoubleDouble(double x) => new(x, 0);

    public static DoubleDouble operator -(DoubleDouble a) => new(-a.High, -a.Low);

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        (double s, double e) = Sum(a.High, b.High);
        (double t, double f) = Sum(a.Low, b.Low);
        (s, e) = Fast(s, e + t);
        return Make(s, e + f);
    }

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + -b;

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        double p = a.High * b.High;
        return Make(p, Math.FusedMultiplyAdd(a.High, b.High, -p) + ((a.High * b.Low) + (a.Low * b.High)));
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        double q = a.High / b.High;
        DoubleDouble rest = a - (b * q);
        double r = rest.High / b.High;
        rest -= b * r;
        return Make(q, r) + (rest.High / b.High);
    }

    public static DoubleDouble Sqrt(DoubleDouble a)
    {
        double y = Math.Sqrt(a.High);
        return y == 0 ? a : ((a / y) + y) * 0.5;
    }

    public static DoubleDouble Scale(DoubleDouble a, int exponent) => new(Math.ScaleB(a.High, exponent), Math.ScaleB(a.Low, exponent));

    /// <summary>Distance of a double from this number, in units of its last place.</summary>
    public double UlpsTo(double got)
    {
        if (double.IsNaN(High) || double.IsNaN(got)) return double.IsNaN(High) == double.IsNaN(got) ? 0 : double.PositiveInfinity;
        if (double.IsInfinity(High) || double.IsInfinity(got)) return High == got ? 0 : double.PositiveInfinity;
        double unit = Math.Max(High == 0 ? 0 : Math.ScaleB(1, Math.ILogB(High) - 52), double.Epsilon);
        return Math.Abs((got - High) - Low) / unit;
    }

    private static (double Sum, double Error) Sum(double a, double b)
    {
        double s = a + b, t = s - a;
        return (s, (a - (s - t)) + (b - t));
    }

    private static (double Sum, double Error) Fast(double a, double b)
    {
        double s = a + b;
        return (s, b - (s - a));
    }

    private static DoubleDouble Make(double a, double b)
    {
        (double s, double e) = Fast(a, b);
        return new(s, double.IsFinite(s) ? e : 0);
    }
}
