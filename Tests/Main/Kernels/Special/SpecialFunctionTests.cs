using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Special functions against values from 90-digit arithmetic at exactly these doubles, each to a relative error of 2e-14.</summary>
public class SpecialFunctionTests
{
    public static TheoryData<string, double, double> Values => new()
    {
        { "Erf", 1e-10, 1.1283791670955126e-10 },
        { "Erf", 0.1, 0.1124629160182849 },
        { "Erf", 0.49, 0.511668261188523 },
        { "Erf", 0.51, 0.5292436198411704 },
        { "Erf", 1.0, 0.8427007929497149 },
        { "Erf", -2.5, -0.999593047982555 },
        { "Erf", 5.0, 0.9999999999984626 },
        { "Erfc", -3.0, 1.9999779095030015 },
        { "Erfc", -0.4, 1.4283923550466684 },
        { "Erfc", 0.3, 0.6713732405408726 },
        { "Erfc", 0.5, 0.4795001221869535 },
        { "Erfc", 1.0, 0.15729920705028513 },
        { "Erfc", 2.7, 0.0001343327399405242 },
        { "Erfc", 6.0, 2.1519736712498913e-17 },
        { "Erfc", 12.5, 6.231942781979911e-70 },
        { "Erfc", 26.0, 5.663192408856143e-296 },
        { "Ndtr", -37.5, 4.605353009581955e-308 },
        { "Ndtr", -28.183829312644608, 4.615092938943379e-175 },
        { "Ndtr", -10.0, 7.619853024160525e-24 },
        { "Ndtr", -2.25, 0.012224472655044703 },
        { "Ndtr", -0.75, 0.2266273523768682 },
        { "Ndtr", -0.5, 0.3085375387259869 },
        { "Ndtr", 0.3, 0.6179114221889527 },
        { "Ndtr", 2.0, 0.9772498680518208 },
        { "LogNdtr", -30.0, -454.3212439563432 },
        { "LogNdtr", -5.0, -15.064998393988725 },
        { "LogNdtr", -1.5, -2.7059444008238898 },
        { "LogNdtr", -0.75, -1.4844482299196562 },
        { "LogNdtr", 0.0, -0.6931471805599453 },
        { "LogNdtr", 1.25, -0.11165782847292517 },
        { "LogNdtr", 6.0, -9.865876455243758e-10 },
        { "LogNdtr", 28.183829312644608, -4.615092938943379e-175 },
        { "LogGamma", 1e-08, 18.42068073818021 },
        { "LogGamma", 0.3, 1.0957979948180756 },
        { "LogGamma", 0.5, 0.5723649429247001 },
        { "LogGamma", 0.9, 0.06637623973474295 },
        { "LogGamma", 0.9999, 5.7729791561193866e-05 },
        { "LogGamma", 1.0001, -5.771334222047127e-05 },
        { "LogGamma", 1.5, -0.12078223763524522 },
        { "LogGamma", 1.9, -0.03898427592308336 },
        { "LogGamma", 2.0001, 4.2281658112919945e-05 },
        { "LogGamma", 2.5, 0.2846828704729192 },
        { "LogGamma", 3.3, 0.9870985778947344 },
        { "LogGamma", 7.7, 7.926541356269005 },
        { "LogGamma", 9.99, 12.779315214350193 },
        { "LogGamma", 10.01, 12.824350262448247 },
        { "LogGamma", 25.5, 56.389167643719944 },
        { "LogGamma", 1000.0, 5905.220423209181 },
        { "LogGamma", 1000000.0, 12815504.569147611 },
        { "Digamma", 1e-05, -100000.57719921567 },
        { "Digamma", 0.3, -3.502524222200133 },
        { "Digamma", 1.0, -0.5772156649015329 },
        { "Digamma", 1.4616, -3.110625123034165e-05 },
        { "Digamma", 1.4616321449683622, -9.241265521729427e-17 },
        { "Digamma", 1.5, 0.03648997397857652 },
        { "Digamma", 1.99, 0.41631470604541493 },
        { "Digamma", 2.01, 0.4292135520323155 },
        { "Digamma", 3.3, 1.0348224890596216 },
        { "Digamma", 9.99, 2.250700372831201 },
        { "Digamma", 25.5, 3.2189424728839198 },
        { "Digamma", 1000000.0, 13.815510057964191 },
        { "LogCosh", 1e-08, 5e-17 },
        { "LogCosh", 0.01995262314968879, 0.00019904037923543596 },
        { "LogCosh", -0.5, 0.12011450695827752 },
        { "LogCosh", 0.99, 0.4261859945156674 },
        { "LogCosh", 1.01, 0.44141766440255514 },
        { "LogCosh", 5.0, 4.3068982183392714 },
        { "LogCosh", 400.0, 399.30685281944005 },
        { "LogSinh", 1e-06, -13.815510557964107 },
        { "LogSinh", 0.3, -1.1890175489062649 },
        { "LogSinh", 0.7, -0.2763021344828726 },
        { "LogSinh", 1.4, 0.6441152754355783 },
        { "LogSinh", 2.99, 2.29432079026579 },
        { "LogSinh", 3.01, 2.314420193408112 },
        { "LogSinh", 50.0, 49.30685281944005 },
        { "LogExpm1", 1e-09, -20.723265836446412 },
        { "LogExpm1", 0.2, -1.5077718009705199 },
        { "LogExpm1", 0.5, -0.43275212956718856 },
        { "LogExpm1", 0.99, 0.525458719292502 },
        { "LogExpm1", 1.01, 0.5570989175681527 },
        { "LogExpm1", 3.0, 2.9489308190572983 },
        { "LogExpm1", 40.0, 40.0 },
        { "Log1mExp", 1e-09, -20.723265837446412 },
        { "Log1mExp", 0.3, -1.3502256128148467 },
        { "Log1mExp", 0.69, -0.6963042971440567 },
        { "Log1mExp", 0.7, -0.6863410028083852 },
        { "Log1mExp", 2.0, -0.14541345786885906 },
        { "Log1mExp", 30.0, -9.357622968840613e-14 },
        { "Log1p", -0.999, -6.907755278982136 },
        { "Log1p", -1e-09, -1.0000000005000001e-09 },
        { "Log1p", 1e-17, 1e-17 },
        { "Log1p", 1e-05, 9.999950000333332e-06 },
        { "Log1p", 0.3, 0.26236426446749106 },
        { "Log1p", 7.0, 2.0794415416798357 },
        { "Expm1", -40.0, -1.0 },
        { "Expm1", -0.7, -0.5034146962085905 },
        { "Expm1", -1e-09, -9.999999995e-10 },
        { "Expm1", 1e-17, 1e-17 },
        { "Expm1", 1e-05, 1.0000050000166668e-05 },
        { "Expm1", 0.3, 0.3498588075760031 },
        { "Expm1", 0.99, 1.6912344723492623 },
        { "Expm1", 1.01, 1.7456010150169166 },
        { "Expm1", 3.0, 19.085536923187668 },
        { "Logit", 1e-300, -690.7755278982137 },
        { "Logit", 0.1, -2.197224577336219 },
        { "Logit", 0.26, -1.0459685551826876 },
        { "Logit", 0.4999999, -4.000000000115076e-07 },
        { "Logit", 0.5000001, 3.99999999789463e-07 },
        { "Logit", 0.74, 1.0459685551826876 },
        { "Logit", 0.99, 4.595119850134589 },
        { "Softplus", -700.0, 9.85967654375977e-305 },
        { "Softplus", -30.0, 9.357622968839737e-14 },
        { "Softplus", -1.0, 0.3132616875182228 },
        { "Softplus", 1e-09, 0.6931471810599453 },
        { "Softplus", 2.0, 2.1269280110429727 },
        { "Softplus", 40.0, 40.0 },
        { "LogSigmoid", -700.0, -700.0 },
        { "LogSigmoid", -1.0, -1.3132616875182228 },
        { "LogSigmoid", 2.0, -0.1269280110429725 },
        { "LogSigmoid", 30.0, -9.357622968839737e-14 },
        { "Sigmoid", -700.0, 9.85967654375977e-305 },
        { "Sigmoid", -3.0, 0.04742587317756678 },
        { "Sigmoid", 1e-09, 0.50000000025 },
        { "Sigmoid", 2.0, 0.8807970779778824 },
        { "Arcsinh", 1e-09, 1e-09 },
        { "Arcsinh", -0.3, -0.29567304756342244 },
        { "Arcsinh", 2.0, 1.4436354751788103 },
        { "Arcsinh", 10000000000.0, 23.7189981105004 },
        { "Ndtri", 1e-300, -37.0470962993612 },
        { "Ndtri", 1e-20, -9.262340089798407 },
        { "Ndtri", 1e-05, -4.264890793922825 },
        { "Ndtri", 0.02, -2.053748910631823 },
        { "Ndtri", 0.08, -1.4050715603096327 },
        { "Ndtri", 0.3, -0.5244005127080408 },
        { "Ndtri", 0.499, -0.002506630899571766 },
        { "Ndtri", 0.9, 1.2815515655446006 },
        { "Ndtri", 0.999, 3.090232306167813 },
        { "Erfinv", 1e-09, 8.86226925452758e-10 },
        { "Erfinv", 0.3, 0.2724627147267543 },
        { "Erfinv", 0.84, 0.9935356283473041 },
        { "Erfinv", 0.86, 1.0435418436397588 },
        { "Erfinv", -0.99, -1.8213863677184494 },
        { "Erfinv", 0.9999999, 3.7665625816384707 },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void AgreesWithManyDigits(string name, double x, double expected)
    {
        double actual = Function(name)(x);
        Assert.True(Math.Abs(actual - expected) <= 2e-14 * Math.Abs(expected), $"{name}({x:R}) = {actual:R}, expected {expected:R}; relative error {Math.Abs(actual / expected - 1):G3}.");
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void FloatIsTheDoubleRounded(string name, double x, double expected)
    {
        // At a float the double function is the truth; x itself is rounded first.
        float argument = (float)x;
        float actual = FloatFunction(name)(argument), rounded = (float)Function(name)(argument);
        Assert.True(actual.Equals(rounded), $"{name}({argument:R}) = {actual:R} in float, {rounded:R} from double (double x: {expected:R}).");
    }

    [Fact]
    public void TheQuantileFromALogarithmAndTheHazardBelongToTheLogarithmOfTheDistributionFunction()
    {
        for (double x = -37; x < 0; x += 0.0625)
        {
            double log = SpecialFunctions.LogNdtr(x), hazard = SpecialFunctions.NormalHazard(x);
            Assert.Equal(1, SpecialFunctions.NormalQuantile(log) / x, 4e-15 * Math.Max(1, Math.Abs(log / (hazard * x))));
            // phi/Phi: the exponent's rounding grows with it.
            Assert.Equal(1, hazard / Math.Exp((-0.5 * x * x) - log - 0.91893853320467274178), 2e-15 * Math.Max(10, x * x));
            if (x > -8) Assert.Equal(1, SpecialFunctions.NormalHazard(-x) * SpecialFunctions.Ndtr(-x) / (Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI)), 1e-13);
        }
        Assert.Equal(1, SpecialFunctions.NormalHazard(-1e6) / 1e6, 1e-11);
        Assert.Equal(0.0, SpecialFunctions.NormalHazard(1e3));
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.NormalQuantile(double.NegativeInfinity));
        Assert.Equal(double.NaN, SpecialFunctions.NormalQuantile(0.1));
    }

    [Fact]
    public void Edges()
    {
        Assert.Equal(1.0, SpecialFunctions.Erf(double.PositiveInfinity));
        Assert.Equal(0.0, SpecialFunctions.Erfc(double.PositiveInfinity));
        Assert.Equal(2.0, SpecialFunctions.Erfc(double.NegativeInfinity));
        Assert.Equal(0.0, SpecialFunctions.Ndtr(double.NegativeInfinity));
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.LogNdtr(double.NegativeInfinity));
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.Ndtri(0.0));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.Ndtri(1.0));
        Assert.Equal(double.NaN, SpecialFunctions.Ndtri(1.5));
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.Erfinv(-1.0));
        Assert.Equal(0.0, SpecialFunctions.Erfinv(0.0));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.LogGamma(0.0));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.LogGamma(-3.0));
        Assert.Equal(0.0, SpecialFunctions.LogGamma(1.0));
        Assert.Equal(0.0, SpecialFunctions.LogGamma(2.0));
        Assert.Equal(Math.Log(2 * Math.Sqrt(Math.PI)), SpecialFunctions.LogGamma(-0.5), 1e-14);
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.Digamma(double.PositiveInfinity));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.LogCosh(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.LogSinh(double.PositiveInfinity));
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.Logit(0.0));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.Logit(1.0));
        Assert.Equal(0.0, SpecialFunctions.Softplus(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, SpecialFunctions.Softplus(double.PositiveInfinity));
        Assert.Equal(double.NegativeInfinity, SpecialFunctions.Log1mExp(0.0));
        Assert.Equal(0.0, SpecialFunctions.Log1mExp(double.PositiveInfinity));
    }

    [Fact]
    public void NaNStays()
    {
        foreach (string name in Values.Select(row => (string)row[0]).Distinct())
            Assert.True(double.IsNaN(Function(name)(double.NaN)), name);
    }

    private static Func<double, double> Function(string name) => name switch
    {
        "Erf" => SpecialFunctions.Erf,
        "Erfc" => SpecialFunctions.Erfc,
        "Ndtr" => SpecialFunctions.Ndtr,
        "LogNdtr" => SpecialFunctions.LogNdtr,
        "LogGamma" => SpecialFunctions.LogGamma,
        "Digamma" => SpecialFunctions.Digamma,
        "LogCosh" => SpecialFunctions.LogCosh,
        "LogSinh" => SpecialFunctions.LogSinh,
        "LogExpm1" => SpecialFunctions.LogExpm1,
        "Log1mExp" => SpecialFunctions.Log1mExp,
        "Log1p" => SpecialFunctions.Log1p,
        "Expm1" => SpecialFunctions.Expm1,
        "Logit" => SpecialFunctions.Logit,
        "Softplus" => SpecialFunctions.Softplus,
        "LogSigmoid" => SpecialFunctions.LogSigmoid,
        "Sigmoid" => SpecialFunctions.Sigmoid,
        "Arcsinh" => SpecialFunctions.Arcsinh,
        "Ndtri" => SpecialFunctions.Ndtri,
        "Erfinv" => SpecialFunctions.Erfinv,
        _ => throw new ArgumentException(name),
    };

    private static Func<float, float> FloatFunction(string name) => name switch
    {
        "Erf" => SpecialFunctions.Erf,
        "Erfc" => SpecialFunctions.Erfc,
        "Ndtr" => SpecialFunctions.Ndtr,
        "LogNdtr" => SpecialFunctions.LogNdtr,
        "LogGamma" => SpecialFunctions.LogGamma,
        "Digamma" => SpecialFunctions.Digamma,
        "LogCosh" => SpecialFunctions.LogCosh,
        "LogSinh" => SpecialFunctions.LogSinh,
        "LogExpm1" => SpecialFunctions.LogExpm1,
        "Log1mExp" => SpecialFunctions.Log1mExp,
        "Log1p" => SpecialFunctions.Log1p,
        "Expm1" => SpecialFunctions.Expm1,
        "Logit" => SpecialFunctions.Logit,
        "Softplus" => SpecialFunctions.Softplus,
        "LogSigmoid" => SpecialFunctions.LogSigmoid,
        "Sigmoid" => SpecialFunctions.Sigmoid,
        "Arcsinh" => SpecialFunctions.Arcsinh,
        "Ndtri" => SpecialFunctions.Ndtri,
        "Erfinv" => SpecialFunctions.Erfinv,
        _ => throw new ArgumentException(name),
    };
}
