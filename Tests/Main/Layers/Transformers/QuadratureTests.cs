using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class QuadratureTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(32)]
    public void GaussLegendreIsExactUpToDegreeTwoNMinusOne(int n)
    {
        (double[] nodes, double[] weights) = Quadrature.Make(QuadratureRule.GaussLegendre, n);
        Assert.Equal(n, nodes.Length);
        for (int degree = 0; degree < 2 * n; degree++) Assert.Equal(1.0 / (degree + 1), Integral(nodes, weights, degree), 1e-14);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(20)]
    public void ClenshawCurtisIsExactUpToDegreeNMinusOne(int n)
    {
        (double[] nodes, double[] weights) = Quadrature.Make(QuadratureRule.ClenshawCurtis, n);
        Assert.Equal(n + 1, nodes.Length);
        for (int degree = 0; degree < n; degree++) Assert.Equal(1.0 / (degree + 1), Integral(nodes, weights, degree), 1e-14);
    }

    private static double Integral(double[] nodes, double[] weights, int degree) => nodes.Zip(weights, (t, w) => w * Math.Pow(t, degree)).Sum();
}
