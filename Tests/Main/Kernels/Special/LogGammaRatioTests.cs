using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The normaliser of Student's t against 40-digit arithmetic at exactly these doubles.</summary>
public class LogGammaRatioTests
{
    public static TheoryData<double, double, double> Values => new()
    {
        { 1e-06, -6.3353917223501535, 499998.61370892875 },
        { 0.05, -0.9909822081636093, 8.761885740657696 },
        { 0.5, -0.22579135264472744, 0.38629436111989063 },
        { 1.0, -0.12078223763524522, 0.11370563888010939 },
        { 2.5, -0.049681055850051385, 0.019627694453223953 },
        { 7.3, -0.017109973549896677, 0.002340204372392113 },
        { 9.999, -0.012496055744662046, 0.0012486946479381578 },
        { 10.0, -0.01249480717472882, 0.0012484452309652677 },
        { 12.5, -0.009997338428687271, 0.0007993620342333019 },
        { 100.0, -0.0012499947918229047, 1.249984375781167e-05 },
        { 10000.0, -1.2499999994791666e-05, 1.2499999984375e-09 },
        { 100000000.0, -1.25e-09, 1.25e-17 },
    };

    [Theory, MemberData(nameof(Values))]
    public void AgreesWithFortyDigits(double x, double value, double derivative)
    {
        // Below 12 it is a difference of two log-gammas of size 18 at most: an absolute error. Above, a series: a relative one.
        Close(SpecialFunctions.LogGammaRatio(x), value, x < 12 ? 5e-15 : 2e-15 * Math.Abs(value), x);
        Close(SpecialFunctions.LogGammaRatioDerivative(x), derivative, x < 12 ? 2e-15 * Math.Max(1, derivative) : 2e-15 * derivative, x);
        Assert.Equal((float)SpecialFunctions.LogGammaRatio((double)(float)x), SpecialFunctions.LogGammaRatio((float)x));
    }

    [Fact]
    public void OutsideItsDomainIsNaN()
    {
        Assert.True(double.IsNaN(SpecialFunctions.LogGammaRatio(double.NaN)));
        Assert.True(double.IsNaN(SpecialFunctions.LogGammaRatio(-2.5)));
        Assert.Equal(0, SpecialFunctions.LogGammaRatio(double.PositiveInfinity));
    }

    private static void Close(double actual, double expected, double tolerance, double x)
        => Assert.True(Math.Abs(actual - expected) <= tolerance, $"at {x:R}: {actual:R}, expected {expected:R}, {Math.Abs(actual - expected):G2} off");
}
