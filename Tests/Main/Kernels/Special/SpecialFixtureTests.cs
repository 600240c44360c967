using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public class SpecialFixtureTests
{
    private static readonly Dictionary<string, (string Argument, Func<double, double> Function)> Functions = new()
    {
        ["sigmoid"] = ("x", SpecialFunctions.Sigmoid),
        ["log_sigmoid"] = ("x", SpecialFunctions.LogSigmoid),
        ["softplus"] = ("x", SpecialFunctions.Softplus),
        ["tanh"] = ("x", Math.Tanh),
        ["erf"] = ("x", SpecialFunctions.Erf),
        ["log_ndtr"] = ("x", SpecialFunctions.LogNdtr),
        ["ndtr"] = ("x", SpecialFunctions.Ndtr),
        ["arcsinh"] = ("x", SpecialFunctions.Arcsinh),
        ["log_cosh"] = ("x", SpecialFunctions.LogCosh),
        ["expm1_small"] = ("x", x => SpecialFunctions.Expm1(Math.Clamp(x, -50, 50))),
        ["logit"] = ("u", SpecialFunctions.Logit),
        ["ndtri"] = ("u", SpecialFunctions.Ndtri),
        ["erfinv_2u_minus_1"] = ("u", u => SpecialFunctions.Erfinv(2 * u - 1)),
        ["lgamma"] = ("positive", SpecialFunctions.LogGamma),
        ["digamma"] = ("positive", SpecialFunctions.Digamma),
        ["log1p"] = ("positive", SpecialFunctions.Log1p),
        ["log_expm1"] = ("positive", SpecialFunctions.LogExpm1),
        ["log_sinh"] = ("positive", SpecialFunctions.LogSinh),
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    [Fact]
    public void EveryTensorHasItsFunction() =>
        Assert.Equal(Fixture.Load("linalg/scalar_functions_a").Names.Except(["x", "u", "positive"]).Order(), Functions.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Scalar(string name)
    {
        Fixture f = Fixture.Load("linalg/scalar_functions_a");
        (string argument, Func<double, double> function) = Functions[name];
        double[] actual = [.. f[argument].Select(function)];
        f.AssertClose(name, actual);
    }

    [Fact]
    public void Reductions()
    {
        Fixture f = Fixture.Load("linalg/reductions_a");
        double[] x = f["x"];
        int rows = 4, cols = 7;
        double[] row = new double[rows], all = new double[rows * cols];
        RowReductions.LogSumExp<double>(x, rows, cols, row);
        f.AssertClose("logsumexp", row);
        RowReductions.Sum<double>(x, rows, cols, row);
        f.AssertClose("sum", row);
        RowReductions.Mean<double>(x, rows, cols, row);
        f.AssertClose("mean", row);
        RowReductions.Variance<double>(x, rows, cols, true, row);
        f.AssertClose("var_unbiased", row);
        RowReductions.Variance<double>(x, rows, cols, false, row);
        f.AssertClose("var_biased", row);
        RowReductions.Softmax<double>(x, rows, cols, all);
        f.AssertClose("softmax", all);
        RowReductions.LogSoftmax<double>(x, rows, cols, all);
        f.AssertClose("log_softmax", all);
        RowReductions.CumulativeSum<double>(x, rows, cols, all);
        f.AssertClose("cumsum", all);
    }
}
