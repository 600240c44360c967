using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The root of y + a g(c y + k) = t, where it is hard: steep bends, slopes near zero, far-out targets.</summary>
public sealed class RidgeRootTests
{
    public static TheoryData<int, double, double> Shapes => new()
    {
        { RidgeRoot.Tanh, 0, 1 },
        { RidgeRoot.Tanh, 5, 1 },
        { RidgeRoot.Tanh, 1000, 1 },
        { RidgeRoot.Tanh, 0.5, 300 },
        { RidgeRoot.Tanh, -0.999, 1 },
        { RidgeRoot.Tanh, -0.0009, 1000 },
        { RidgeRoot.Bump, 1.5, 1 },
        { RidgeRoot.Bump, -1.5, 1 },
        { RidgeRoot.Bump, 0.001, -1500 },
    };

    // y is known, t is made from it: the error is that of y itself, not of the equation.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void TheRootIsFoundToItsLastDigits(int function, double a, double c)
    {
        foreach (double y in (double[])[0, 1e-12, -0.3, 0.577350269, 2.5, -7, 40, 1000, -1000, 1e8])
            foreach (double k in (double[])[0, -2.5, 30])
            {
                double s = (c * y) + k, slope = 1 + (a * c * RidgeRoot.Derivative(s, function)), t = y + (a * RidgeRoot.Value(s, function));
                // The last digits of t and of the bend move the root by this much, whatever the method.
                double error = 8 * 2.3e-16 * (Math.Abs(y) + Math.Abs(a) + (Math.Abs(a * c * RidgeRoot.Derivative(s, function)) * (Math.Abs(y) + Math.Abs(k / Math.Max(1, Math.Abs(c)))))) / slope;
                Assert.Equal(y, Solve(t, a, c, k, function), Math.Max(error, 1e-300));
            }
    }

    // At a slope of zero the root is triple; a method that stops when its steps are small stops 1e-5 away and more.
    [Fact]
    public void ATripleRootIsFoundAsFarAsItsEquationTells()
    {
        double y = Solve(1e-15, -1, 1, 0, RidgeRoot.Tanh);
        // y - tanh y = y^3/3 = 1e-15.
        Assert.Equal(Math.Cbrt(3e-15), y, 3e-6);
        Assert.Equal(0.0, Solve(0, -1, 1, 0, RidgeRoot.Tanh));
    }

    [Fact]
    public void SingleFindsItsOwnLastDigits()
    {
        float[] t = [-1000f, -3f, -1e-3f, 0f, 0.25f, 2f, 77f, 1e6f], a = new float[8], c = new float[8], k = new float[8], y = new float[8];
        Array.Fill(a, 3f);
        Array.Fill(c, 1f);
        Array.Fill(k, 0.5f);
        RidgeRoot.Solve<float>(t, a, c, k, y, RidgeRoot.Tanh);
        for (int i = 0; i < t.Length; i++)
            Assert.Equal(Solve(t[i], 3, 1, 0.5, RidgeRoot.Tanh), y[i], 2e-7 * (3 + Math.Abs(y[i])));
    }

    [Fact]
    public void NaNAndInfinityAreNotHidden()
    {
        Assert.Equal(double.NaN, Solve(double.NaN, 1, 1, 0, RidgeRoot.Tanh));
        Assert.Equal(double.NaN, Solve(1, double.NaN, 1, 0, RidgeRoot.Tanh));
        Assert.Equal(double.NaN, Solve(1, 1, 1, double.NaN, RidgeRoot.Bump));
        Assert.Equal(double.NaN, Solve(1, 1, double.NaN, 0, RidgeRoot.Bump));
        Assert.Equal(double.NaN, Solve(double.PositiveInfinity, 1, 1, 0, RidgeRoot.Bump));
    }

    [Fact]
    public void LengthsMustAgree()
        => Assert.Throws<ArgumentException>(() => RidgeRoot.Solve<double>(new double[2], new double[2], new double[1], new double[2], new double[2], RidgeRoot.Tanh));

    private static double Solve(double t, double a, double c, double k, int function)
    {
        var y = new double[1];
        RidgeRoot.Solve<double>([t], [a], [c], [k], y, function);
        return y[0];
    }
}
