namespace NativeFlow.Tests;

/// <summary>Elementary functions of a double in twice its precision, by plain Taylor series: the oracle for the kernels, with which it shares no code, table or coefficient.</summary>
public static class PreciseFunctions
{
    private static readonly DoubleDouble LogTwo = new(0.6931471805599453, 2.3190468138462996e-17);
    private static readonly DoubleDouble RootPi = new(1.772453850905516, -7.666586499825799e-17);

    public static DoubleDouble Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x > 710 || x < -746) return x > 0 ? double.PositiveInfinity : 0;
        return Exp((DoubleDouble)x);
    }

    public static DoubleDouble Expm1(double x)
    {
        if (Math.Abs(x) > 0.4) return x > 700 ? Exp(x) : Exp(x) - 1;
        DoubleDouble term = x, sum = x;
        for (int k = 2; k <= 26 && x != 0; k++) sum += term = term * x / k;
        return x == 0 || double.IsNaN(x) ? x : sum;
    }

    public static DoubleDouble Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0 || double.IsInfinity(x)) return x == 0 ? double.NegativeInfinity : x;
        int exponent = Math.ILogB(x);
        double m = Math.ScaleB(x, -exponent);
        if (m > 1.4) (m, exponent) = (0.5 * m, exponent + 1);
        return (LogTwo * exponent) + LogNearOne((DoubleDouble)m - 1);
    }

    public static DoubleDouble Log1p(double x)
    {
        if (double.IsNaN(x) || x <= -1 || double.IsInfinity(x)) return x == -1 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        if (x == 0) return x;
        return x > 1e300 ? Log(x) : Log1p((DoubleDouble)x);
    }

    public static DoubleDouble Tanh(double x)
    {
        if (double.IsNaN(x) || x == 0) return x;
        if (Math.Abs(x) > 40) return Math.Sign(x);
        DoubleDouble t = Expm1(2 * x);
        return t / (t + 2);
    }

    public static DoubleDouble Sigmoid(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x > 100) return 1;
        DoubleDouble e = Exp(x);
        return x < -600 ? e : e / (e + 1);
    }

    public static DoubleDouble Softplus(double x)
    {
        if (double.IsNaN(x) || x > 1000) return x;
        DoubleDouble e = Exp(-Math.Abs(x)), log = x is < -600 or > 600 ? e : Log1p(e);
        return x > 0 ? log + x : log;
    }

    public static DoubleDouble Asinh(double x)
    {
        if (!double.IsFinite(x) || x == 0) return x;
        double a = Math.Abs(x);
        DoubleDouble y = a > 1e100 ? Log(a) + LogTwo : Log1p((((DoubleDouble)a * a) / (DoubleDouble.Sqrt(((DoubleDouble)a * a) + 1) + 1)) + a);
        return x < 0 ? -y : y;
    }

    public static DoubleDouble Atan(double x)
    {
        if (double.IsNaN(x) || x == 0) return x;
        // One step from the library's value y: atan(x) - y = atan((x cos y - sin y)/(cos y + x sin y)), an angle of about 1e-16.
        double y = Math.Atan(x);
        DoubleDouble sine = Sin(y), cosine = Cos(y);
        if (double.IsInfinity(x)) return (cosine / sine) + y;
        DoubleDouble one = Math.Abs(x) > 1 ? 1 / (DoubleDouble)x : 1, scaled = Math.Abs(x) > 1 ? 1 : x;
        return (((scaled * cosine) - (one * sine)) / ((one * cosine) + (scaled * sine))) + y;
    }

    public static DoubleDouble Logit(double x)
    {
        if (!(x >= 0 && x <= 1)) return double.NaN;
        if (x is 0 or 1) return x == 0 ? double.NegativeInfinity : double.PositiveInfinity;
        return x is > 0.25 and < 0.75 ? Log1p((((DoubleDouble)x * 2) - 1) / (1 - (DoubleDouble)x)) : Log(x) - Log1p(-x);
    }

    public static DoubleDouble Sin(double x) => x == 0 || !double.IsFinite(x) ? x - x + x : Trigonometric(x, 0);

    public static DoubleDouble Cos(double x) => double.IsFinite(x) ? Trigonometric(x, 1) : double.NaN;

    public static DoubleDouble Erf(double x)
    {
        if (double.IsNaN(x) || x == 0) return x;
        if (Math.Abs(x) > 6.5) return Math.Sign(x);
        // exp(-x^2) times a series of positive terms.
        DoubleDouble square = (DoubleDouble)x * x, term = x, sum = x;
        for (int n = 1; Math.Abs(term.High) > 1e-34 * Math.Abs(sum.High); n++) sum += term = term * square * 2 / (2 * n + 1);
        return sum * 2 / RootPi * Exp(-square);
    }

    /// <summary>By one step of Newton's method (with the second derivative) from a value that is nearly right.</summary>
    public static DoubleDouble ErfInverse(double x, double nearly)
    {
        if (!(Math.Abs(x) < 1) || x == 0) return x == 0 ? x : Math.Abs(x) == 1 ? x * double.PositiveInfinity : double.NaN;
        if (Math.Abs(x) < 1e-290) return x * 0.88622692545275801;
        DoubleDouble step = (Erf(nearly) - x) * RootPi * 0.5 * Exp((DoubleDouble)nearly * nearly);
        return nearly - (step * (1 - (step * nearly)));
    }

    /// <summary>sinh(r)/r, r = sqrt(u), less one for a small u where it is asked for.</summary>
    public static DoubleDouble SinhRatio(double u, bool lessOne = false)
    {
        if (u < 1)
        {
            DoubleDouble term = (DoubleDouble)u / 6, sum = term;
            for (int k = 2; k <= 20; k++) sum += term = term * u / (2 * k * ((2 * k) + 1));
            return lessOne ? sum : sum + 1;
        }
        DoubleDouble r = DoubleDouble.Sqrt(u), e = Exp(r), ratio = (e - (1 / e)) / (r * 2);
        return lessOne ? ratio - 1 : ratio;
    }

    /// <summary>cosh(r), r = sqrt(u).</summary>
    public static DoubleDouble CoshRoot(double u)
    {
        DoubleDouble e = Exp(DoubleDouble.Sqrt(u));
        return (e + (1 / e)) * 0.5;
    }

    /// <summary>log(sinh(r)/r), r = sqrt(u).</summary>
    public static DoubleDouble LogSinhRatio(double u)
    {
        if (u < 40) return Log1p(SinhRatio(u, lessOne: true));
        DoubleDouble r = DoubleDouble.Sqrt(u);
        return r + (r.High > 40 ? 0 : Log1p(-Exp(r * -2))) - LogTwo - (Log(u) * 0.5);
    }

    /// <summary>asinh(r)/r, r = sqrt(u).</summary>
    public static DoubleDouble AsinhRatio(double u)
    {
        DoubleDouble r = DoubleDouble.Sqrt(u);
        return u == 0 ? 1 : Log1p(r + ((DoubleDouble)u / (DoubleDouble.Sqrt((DoubleDouble)u + 1) + 1))) / r;
    }

    private static DoubleDouble Exp(DoubleDouble x)
    {
        int k = (int)Math.Round(x.High / LogTwo.High);
        DoubleDouble r = DoubleDouble.Scale(x - (LogTwo * k), -8), term = r, sum = r;
        for (int n = 2; n <= 14; n++) sum += term = term * r / n;
        // exp(2r) - 1 = s (s + 2), eight times.
        for (int i = 0; i < 8; i++) sum *= sum + 2;
        sum = DoubleDouble.Scale(sum + 1, k);
        return double.IsInfinity(sum.High) ? sum.High : sum;
    }

    private static DoubleDouble Log1p(DoubleDouble x)
    {
        if (Math.Abs(x.High) < 0.3) return LogNearOne(x);
        DoubleDouble u = x + 1;
        int exponent = Math.ILogB(u.High);
        DoubleDouble m = DoubleDouble.Scale(u, -exponent);
        if (m.High > 1.4) (m, exponent) = (DoubleDouble.Scale(m, -1), exponent + 1);
        return (LogTwo * exponent) + LogNearOne(m - 1);
    }

    // 2 atanh(x / (2 + x)) for x in -0.3 .. 0.41.
    private static DoubleDouble LogNearOne(DoubleDouble x)
    {
        DoubleDouble s = x / (x + 2), square = s * s, power = s, sum = s;
        for (int n = 3; n <= 49; n += 2)
        {
            power *= square;
            sum += power / n;
        }
        return sum * 2;
    }

    private static DoubleDouble Trigonometric(double x, int quarter)
    {
        double n = Math.Round(x / (Math.PI / 2));
        // pi/2 in three parts; each product is exact as a pair.
        DoubleDouble r = x - ((DoubleDouble)1.5707963267948966 * n);
        r = (r - ((DoubleDouble)6.123233995736766e-17 * n)) - ((DoubleDouble)(-1.4973849048591698e-33) * n);
        int quadrant = (int)(((long)n + quarter) & 3);
        DoubleDouble square = r * r, term = quadrant % 2 == 0 ? r : 1, sum = term;
        for (int k = quadrant % 2 == 0 ? 2 : 1; k <= 30; k += 2) sum += term = -(term * square) / (k * (k + 1));
        return quadrant >= 2 ? -sum : sum;
    }
}
