namespace NativeFlow.Kernels;

/// <summary>Logarithms and exponentials of nearly equal things without cancellation, in double.</summary>
internal static class LogFunctions
{
    private const double LogTwo = 0.69314718055994530942;

    /// <summary>log(1 + x). Kahan's correction: the error of 1 + x cancels in the quotient.</summary>
    public static double Log1p(double x)
    {
        double u = 1 + x;
        if (u == 1) return x;
        return double.IsInfinity(u) ? u : Math.Log(u) * (x / (u - 1));
    }

    /// <summary>exp(x) - 1. Kahan's correction again.</summary>
    public static double Expm1(double x)
    {
        if (Math.Abs(x) > 1) return Math.Exp(x) - 1;
        double u = Math.Exp(x);
        return u == 1 ? x : (u - 1) * (x / Math.Log(u));
    }

    /// <summary>log(1 - exp(-x)), x >= 0. Maechler 2012.</summary>
    public static double Log1mExp(double x) => x < LogTwo ? Math.Log(-Expm1(-x)) : Log1p(-Math.Exp(-x));

    /// <summary>log(exp(x) - 1), x >= 0.</summary>
    public static double LogExpm1(double x) => x < 1 ? Math.Log(Expm1(x)) : x + Log1p(-Math.Exp(-x));

    public static double LogCosh(double x)
    {
        double size = Math.Abs(x);
        if (size > 1) return size + Log1p(Math.Exp(-2 * size)) - LogTwo;
        double sinh = Math.Sinh(size);
        return 0.5 * Log1p(sinh * sinh);
    }

    public static double LogSinh(double x) => x < 3 ? Math.Log(Math.Sinh(x)) : x + Log1p(-Math.Exp(-2 * x)) - LogTwo;

    /// <summary>log(u / (1 - u)). Around 1/2 the difference of two logarithms would cancel.</summary>
    public static double Logit(double u) =>
        u > 0.25 && u < 0.75 ? Log1p((2 * u - 1) / (1 - u)) : Math.Log(u) - Log1p(-u);

    public static double Softplus(double x) => double.IsNaN(x) ? x : Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x)));

    public static double Sigmoid(double x)
    {
        if (x >= 0) return 1 / (1 + Math.Exp(-x));
        double e = Math.Exp(x);
        return e / (1 + e);
    }
}
