namespace NativeFlow.Kernels;

/// <summary>Error function and normal distribution function, their logarithms and inverses, in double.</summary>
internal static class NormalFunctions
{
    private const double InverseRootTwo = 0.70710678118654752440;
    private const double RootTwoOverPi = 0.79788456080286535588;
    private const double LogTwo = 0.69314718055994530942;
    private const double TwoOverRootPi = 1.12837916709551257390;

    // Chebyshev series of (1 + 2x) exp(x^2) erfc(x) in t = (x - 3.75) / (x + 3.75) on x >= 0 (the form of Schonfelder 1978); computed with 90 digits.
    private static readonly double[] Scaled =
    [
        1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
        0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-05, 4.13902798607301e-06,
        7.74038306619849e-07, -2.1886401049234397e-07, 1.076499946567091e-08, 4.521959811218287e-09, -7.754400208831351e-10,
        -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
        3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
        -2.2370566594359995e-18, -2.187342944303018e-18,
    ];

    // Wichura 1988, algorithm AS 241 (PPND16): numerators and denominators in the centre, the tails and the far tails; the denominators' first number is 1.
    internal const double
        Centre1 = 4.2313330701600911252e1, Centre2 = 6.8718700749205790830e2, Centre3 = 5.3941960214247511077e3,
        Centre4 = 2.1213794301586595867e4, Centre5 = 3.9307895800092710610e4, Centre6 = 2.8729085735721942674e4, Centre7 = 5.2264952788528545610e3;
    internal const double
        Tail1 = 2.05319162663775882187e0, Tail2 = 1.67638483018380384940e0, Tail3 = 6.89767334985100004550e-1,
        Tail4 = 1.48103976427480074590e-1, Tail5 = 1.51986665636164571966e-2, Tail6 = 5.47593808499534494600e-4, Tail7 = 1.05075007164441684324e-9;
    internal const double
        Far1 = 5.99832206555887937690e-1, Far2 = 1.36929880922735805310e-1, Far3 = 1.48753612908506148525e-2,
        Far4 = 7.86869131145613259100e-4, Far5 = 1.84631831751005468180e-5, Far6 = 1.42151175831644588870e-7, Far7 = 2.04426310338993978564e-15;
    private static readonly double[] CentreTop =
    [
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ];
    private static readonly double[] CentreBottom = [1.0, Centre1, Centre2, Centre3, Centre4, Centre5, Centre6, Centre7];
    private static readonly double[] TailTop =
    [
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ];
    private static readonly double[] TailBottom = [1.0, Tail1, Tail2, Tail3, Tail4, Tail5, Tail6, Tail7];
    private static readonly double[] FarTop =
    [
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ];
    private static readonly double[] FarBottom = [1.0, Far1, Far2, Far3, Far4, Far5, Far6, Far7];

    public static double Erf(double x)
    {
        double size = Math.Abs(x);
        if (size >= 0.5) return Math.CopySign(1 - Erfc(size), x);
        double square = x * x, term = 1, sum = 1;
        for (int k = 1; k <= 14; k++)
        {
            term *= -square / k;
            sum += term / (2 * k + 1);
        }

        return TwoOverRootPi * x * sum;
    }

    public static double Erfc(double x)
    {
        if (x < -0.5) return 2 - Erfc(-x);
        if (x < 0.5) return 1 - Erf(x);
        return ExpMinusSquare(x, 1) * ScaledErfc(x);
    }

    public static double Ndtr(double x)
    {
        if (x < -0.5) return 0.5 * ExpMinusSquare(x, 0.5) * ScaledErfc(-x * InverseRootTwo);
        if (x > 0.5) return 1 - Ndtr(-x);
        return 0.5 + 0.5 * Erf(x * InverseRootTwo);
    }

    public static double LogNdtr(double x)
    {
        if (x < -1) return Math.Log(0.5 * ScaledErfc(-x * InverseRootTwo)) - 0.5 * x * x;
        return x > 0 ? LogFunctions.Log1p(-Ndtr(-x)) : Math.Log(Ndtr(x));
    }

    /// <summary>phi(x)/Phi(x), the derivative of log Phi: about -x far to the left.</summary>
    public static double Hazard(double x)
        => x < -0.5 ? RootTwoOverPi / ScaledErfc(-x * InverseRootTwo) : 0.5 * RootTwoOverPi * ExpMinusSquare(x, 0.5) / Ndtr(x);

    public static double Ndtri(double p)
    {
        if (!(p >= 0 && p <= 1)) return double.NaN;
        double centred = p - 0.5;
        return Quantile(centred, centred < 0 ? p : 1 - p);
    }

    /// <summary>The quantile of a lower tail p &lt;= 1/2 given by its logarithm.</summary>
    public static double LowerQuantile(double logTail)
    {
        if (!(logTail <= 0)) return double.NaN;
        double centred = 0.5 * LogFunctions.Expm1(logTail + LogTwo);
        if (Math.Abs(centred) <= 0.425) return Quantile(centred, 0.5);
        return double.IsNegativeInfinity(logTail) ? logTail : -TailQuantile(Math.Sqrt(-logTail));
    }

    public static double Erfinv(double x)
    {
        if (!(Math.Abs(x) <= 1)) return double.NaN;
        return InverseRootTwo * Quantile(0.5 * x, 0.5 * (1 - Math.Abs(x)));
    }

    /// <summary>exp(x^2) erfc(x) for x >= 0.</summary>
    private static double ScaledErfc(double x)
    {
        if (double.IsPositiveInfinity(x)) return 0;
        double t = (x - 3.75) / (x + 3.75), two = 2 * t, b = 0, c = 0;
        for (int k = Scaled.Length - 1; k > 0; k--) (b, c) = (two * b - c + Scaled[k], b);
        return (t * b - c + Scaled[0]) / (1 + 2 * x);
    }

    /// <summary>exp(-factor x^2) with factor 1 or 1/2. The rounding of x^2 would cost x^2 ulp, so it is carried along.</summary>
    private static double ExpMinusSquare(double x, double factor)
    {
        double square = x * x;
        if (double.IsInfinity(square)) return 0;
        double rest = Math.FusedMultiplyAdd(x, x, -square);
        double value = Math.Exp(-factor * square);
        return value - value * (factor * rest);
    }

    /// <summary>The normal quantile of 1/2 + centred, with the smaller tail's probability given separately to keep its digits.</summary>
    private static double Quantile(double centred, double tail)
    {
        if (Math.Abs(centred) <= 0.425)
        {
            double r = 0.180625 - centred * centred;
            return centred * Horner(CentreTop, r) / Horner(CentreBottom, r);
        }

        if (tail == 0) return Math.CopySign(double.PositiveInfinity, centred);
        return Math.CopySign(TailQuantile(Math.Sqrt(-Math.Log(tail))), centred);
    }

    /// <summary>Size of the quantile whose tail is exp(-root^2).</summary>
    private static double TailQuantile(double root)
        => root <= 5 ? Horner(TailTop, root - 1.6) / Horner(TailBottom, root - 1.6) : Horner(FarTop, root - 5) / Horner(FarBottom, root - 5);

    private static double Horner(double[] coefficients, double x)
    {
        double sum = 0;
        for (int k = coefficients.Length - 1; k >= 0; k--) sum = sum * x + coefficients[k];
        return sum;
    }
}
