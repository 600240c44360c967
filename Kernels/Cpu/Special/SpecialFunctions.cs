using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Scalar special functions, computed in double and rounded to T. Relative error about 1e-14 in double unless a summary says otherwise; NaN in, NaN out.</summary>
public static class SpecialFunctions
{
    /// <summary>erf(x) = 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.</summary>
    public static T Erf<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.Erf(double.CreateTruncating(x)));

    /// <summary>1 - erf(x), with full relative accuracy for large x.</summary>
    public static T Erfc<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.Erfc(double.CreateTruncating(x)));

    /// <summary>The standard normal distribution function, with full relative accuracy in the left tail.</summary>
    public static T Ndtr<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.Ndtr(double.CreateTruncating(x)));

    /// <summary>log of the standard normal distribution function; finite in the far left tail.</summary>
    public static T LogNdtr<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.LogNdtr(double.CreateTruncating(x)));

    /// <summary>The standard normal quantile; 0 and 1 give infinities, NaN outside 0..1. Wichura 1988, AS 241.</summary>
    public static T Ndtri<T>(T p)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.Ndtri(double.CreateTruncating(p)));

    /// <summary>The inverse of erf on -1..1, NaN outside.</summary>
    public static T Erfinv<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.Erfinv(double.CreateTruncating(x)));

    /// <summary>The derivative of log Phi: the standard normal density over the distribution function.</summary>
    public static T NormalHazard<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.Hazard(double.CreateTruncating(x)));

    /// <summary>The standard normal quantile of a probability p &lt;= 1/2, given log p; to full precision down to log p = -729.</summary>
    public static T NormalQuantile<T>(T logP)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(NormalFunctions.LowerQuantile(double.CreateTruncating(logP)));

    /// <summary>log|Gamma(x)|; infinity at 0, -1, -2, ... Near its zeros at negative x only the absolute error is small.</summary>
    public static T LogGamma<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(GammaFunctions.LogGamma(double.CreateTruncating(x)));

    /// <summary>The derivative of log Gamma; NaN at 0, -1, -2, ...</summary>
    public static T Digamma<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(GammaFunctions.Digamma(double.CreateTruncating(x)));

    /// <summary>log(Gamma(x + 1/2) / (Gamma(x) sqrt x)) for x above 0: the normaliser of Student's t, which tends to 0 for large x. Computed in double.</summary>
    public static T LogGammaRatio<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(GammaFunctions.LogGammaRatio(double.CreateTruncating(x)));

    /// <summary>Derivative of <see cref="LogGammaRatio{T}"/>. Computed in double.</summary>
    public static T LogGammaRatioDerivative<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(GammaFunctions.LogGammaRatioDerivative(double.CreateTruncating(x)));

    /// <summary>log(1 + x), accurate for small x.</summary>
    public static T Log1p<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.Log1p(double.CreateTruncating(x)));

    /// <summary>exp(x) - 1, accurate for small x.</summary>
    public static T Expm1<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.Expm1(double.CreateTruncating(x)));

    /// <summary>log cosh x.</summary>
    public static T LogCosh<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.LogCosh(double.CreateTruncating(x)));

    /// <summary>log sinh x for x &gt; 0; NaN below 0.</summary>
    public static T LogSinh<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.LogSinh(double.CreateTruncating(x)));

    /// <summary>log(exp(x) - 1) for x &gt; 0, the inverse of softplus; NaN below 0.</summary>
    public static T LogExpm1<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.LogExpm1(double.CreateTruncating(x)));

    /// <summary>log(1 - exp(-x)) for x &gt; 0; NaN below 0.</summary>
    public static T Log1mExp<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.Log1mExp(double.CreateTruncating(x)));

    /// <summary>log(u / (1 - u)).</summary>
    public static T Logit<T>(T u)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.Logit(double.CreateTruncating(u)));

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static T Sigmoid<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.Sigmoid(double.CreateTruncating(x)));

    /// <summary>log of the logistic function.</summary>
    public static T LogSigmoid<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(-LogFunctions.Softplus(-double.CreateTruncating(x)));

    /// <summary>log(1 + exp(x)).</summary>
    public static T Softplus<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(LogFunctions.Softplus(double.CreateTruncating(x)));

    /// <summary>The inverse hyperbolic sine.</summary>
    public static T Arcsinh<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(Math.Asinh(double.CreateTruncating(x)));
}
