namespace NativeFlow.Kernels;

/// <summary>
/// The four even functions of hyperbolic geometry as functions of u = r^2, in double, with two derivatives: C = cosh r, S = sinh(r)/r,
/// L = log S, A = asinh(r)/r. Analytic at u = 0, where formulas in r divide 0 by 0. u must be at least 0; NaN below.
/// </summary>
internal static class RadialFunctions
{
    // Of sinh(r)/r in powers of r^2, 1/(2k + 1)!; the first is 1.
    public const double
        C1 = 1.0 / 6, C2 = 1.0 / 120, C3 = 1.0 / 5040, C4 = 1.0 / 362880, C5 = 1.0 / 39916800,
        C6 = 1.0 / 6227020800, C7 = 1.0 / 1307674368000, C8 = 1.0 / 355687428096000, C9 = 1.0 / 121645100408832000,
        C10 = 1 / 5.109094217170944e19, C11 = 1 / 2.5852016738884978e22,
        C12 = 1 / 1.5511210043330986e25, C13 = 1 / 1.0888869450418352e28, C14 = 1 / 8.8417619937397020e30;

    // Below this the Taylor series of S has 14 terms to the last digit; above, the closed forms lose at most a digit to cancellation.
    public const double SeriesEnd = 4;

    // 1/(2k + 1)!, k = 0..14.
    public static ReadOnlySpan<double> Coefficients => [1, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14];

    public static double Cosh(double u) => Math.Cosh(Math.Sqrt(u));

    public static double CoshDerivative(double u) => SinhRatio(u) / 2;

    public static double CoshSecond(double u) => SinhRatioDerivative(u) / 2;

    public static double SinhRatio(double u)
    {
        if (u < SeriesEnd) return 1 + SinhRatioM1(u);
        double r = Math.Sqrt(u);
        return double.IsInfinity(r) ? r : Math.Sinh(r) / r;
    }

    /// <summary>S - 1, relatively accurate for small u.</summary>
    public static double SinhRatioM1(double u)
    {
        if (!(u < SeriesEnd)) return SinhRatio(u) - 1;
        if (u < 0) return double.NaN;
        double sum = 0;
        for (int k = Coefficients.Length - 1; k > 0; k--) sum = (sum * u) + Coefficients[k];
        return sum * u;
    }

    public static double SinhRatioDerivative(double u)
    {
        if (u < SeriesEnd)
        {
            double sum = 0;
            for (int k = Coefficients.Length - 1; k > 0; k--) sum = (sum * u) + (k * Coefficients[k]);
            return u < 0 ? double.NaN : sum;
        }
        double r = Math.Sqrt(u);
        if (r > 700) return double.PositiveInfinity;
        return (Math.Cosh(r) - (Math.Sinh(r) / r)) / u / 2;
    }

    public static double SinhRatioSecond(double u)
    {
        if (u < SeriesEnd)
        {
            double sum = 0;
            for (int k = Coefficients.Length - 1; k > 1; k--) sum = (sum * u) + (k * (k - 1) * Coefficients[k]);
            return u < 0 ? double.NaN : sum;
        }
        return u > 490000 ? double.PositiveInfinity : ((SinhRatio(u) / 2) - (3 * SinhRatioDerivative(u))) / (2 * u);
    }

    public static double LogSinhRatio(double u)
    {
        if (u < SeriesEnd) return ScalarMath.Log1p(SinhRatioM1(u));
        if (double.IsInfinity(u)) return u;
        double r = Math.Sqrt(u);
        return r + ScalarMath.Log1p(-Math.Exp(-2 * r)) - 0.69314718055994531 - (Math.Log(u) / 2);
    }

    public static double LogSinhRatioDerivative(double u)
    {
        if (u < SeriesEnd) return SinhRatioDerivative(u) / SinhRatio(u);
        // coth r = 1 + 2/(e^2r - 1).
        double r = Math.Sqrt(u), coth = 1 + (2 / ScalarMath.Expm1(2 * r));
        return ((coth / r) - (1 / u)) / 2;
    }

    public static double LogSinhRatioSecond(double u)
    {
        if (u < SeriesEnd)
        {
            double s = SinhRatio(u), first = SinhRatioDerivative(u) / s;
            return (SinhRatioSecond(u) / s) - (first * first);
        }
        double r = Math.Sqrt(u), m = ScalarMath.Expm1(2 * r), coth = 1 + (2 / m), scaled = 2 * r * Math.Exp(-r) / -ScalarMath.Expm1(-2 * r);
        return ((1 / u) - (coth / r / 2) - (scaled * scaled / u / 2)) / 2 / u;
    }

    public static double AsinhRatio(double u)
    {
        if (!(u > 0)) return u == 0 ? 1 : double.NaN;
        if (double.IsInfinity(u)) return 0;
        double s = Math.Sqrt(u);
        return Asinh(s) / s;
    }

    public static double AsinhRatioDerivative(double u)
    {
        double a = AsinhRatio(u);
        if (u < 1)
        {
            // -S'(rho^2) A^3 / sqrt(1 + u), rho = asinh sqrt u: no difference of nearly equal numbers.
            return -SinhRatioDerivative(a * a * u) * a * a * a / Math.Sqrt(1 + u);
        }
        return ((1 / Math.Sqrt(1 + u)) - a) / 2 / u;
    }

    public static double AsinhRatioSecond(double u)
    {
        if (u < 1)
        {
            double a = AsinhRatio(u), w = a * a * u, q = 1 / Math.Sqrt(1 + u), s = SinhRatioDerivative(w), cube = a * a * a;
            return (-SinhRatioSecond(w) * cube * a * q * q) + (3 * s * s * cube * a * a * q * q) + (s * cube * q * q * q / 2);
        }
        double root = Math.Sqrt(1 + u);
        return ((-1 / root / (1 + u) / 2) - (3 * AsinhRatioDerivative(u))) / 2 / u;
    }

    /// <summary>asinh(s) for s at least 0, relatively accurate near 0.</summary>
    public static double Asinh(double s) => s < 1e8 ? ScalarMath.Log1p(s + (s * s / (1 + Math.Sqrt((s * s) + 1)))) : Math.Log(s) + 0.69314718055994531;
}
