using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Float against double, double against the library, in units of the last place; tails and special values.</summary>
public sealed class FunctionAccuracyTests
{
    // Wide arguments with every magnitude, both signs; function-specific domains are cut from them by NaN matching NaN.
    private static double[] Wide(double smallest, double largest)
    {
        Random random = new(11);
        double[] x = new double[20000];
        double low = Math.Log2(smallest), high = Math.Log2(largest);
        for (int i = 0; i < x.Length; i++) x[i] = (i % 2 == 0 ? 1 : -1) * Math.Pow(2, low + ((high - low) * random.NextDouble()));
        return x;
    }

    private static void Float<TF, TD>(TF f, TD reference, double[] at, double ulps)
        where TF : struct, IUnaryFunction<float>
        where TD : struct, IUnaryFunction<double>
    {
        float[] x = new float[at.Length], y = new float[at.Length];
        for (int i = 0; i < at.Length; i++) x[i] = (float)at[i];
        Elementwise.Map(x, y, f);
        double worst = 0, where = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double ulp = FunctionCases.UlpFloat(reference.Value(x[i]), y[i]);
            if (ulp > worst) (worst, where) = (ulp, x[i]);
        }
        Assert.True(worst <= ulps, $"{f.Name} float: {worst} ulp at {where:R}, allowed {ulps}");
    }

    private static void Double<TD>(TD f, double[] x, double ulps)
        where TD : struct, IUnaryFunction<double>
    {
        double[] y = new double[x.Length];
        Elementwise.Map(x, y, f);
        double worst = 0, where = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double ulp = FunctionCases.UlpDouble(f.Value(x[i]), y[i]);
            if (ulp > worst) (worst, where) = (ulp, x[i]);
        }
        Assert.True(worst <= ulps, $"{f.Name} double: {worst} ulp at {where:R}, allowed {ulps}");
    }

    [Theory]
    [InlineData("Exp", 2, 2)]
    [InlineData("Log", 3, 3)]
    [InlineData("Log1p", 4, 4)]
    [InlineData("Expm1", 4, 6)]
    [InlineData("Tanh", 4, 5)]
    [InlineData("Sigmoid", 4, 4)]
    [InlineData("Softplus", 4, 4)]
    [InlineData("LogSigmoid", 4, 4)]
    [InlineData("Logit", 4, 8)] // In double the reference is itself rounded three times; both errors add up here.
    [InlineData("Asinh", 5, 6)]
    [InlineData("Sqrt", 0.5, 0)]
    [InlineData("Reciprocal", 0.5, 0)]
    [InlineData("Sin", 2, 0)]
    [InlineData("Cos", 2, 0)]
    public void UlpBounds(string name, double single, double twice) => FunctionCases.Dispatch(name, new Bounds(single, twice));

    private sealed class Bounds(double single, double twice) : IFunctionVisitor
    {
        public void Visit<TF, TD>(TF f, TD g, double from, double to)
            where TF : struct, IUnaryFunction<float>
            where TD : struct, IUnaryFunction<double>
        {
            Float(f, g, ElementwiseTests.Sample<double>(20000, from, to, 1), single);
            Float(f, g, Wide(1e-44, 3e38), single);
            Float(f, g, Wide(1e-4, 120), single);
            Double(g, ElementwiseTests.Sample<double>(20000, from, to, 2), twice);
            Double(g, Wide(1e-320, 1e308), twice);
            Double(g, Wide(1e-8, 800), twice);
        }
    }

    [Theory]
    [InlineData("Exp"), InlineData("Log"), InlineData("Log1p"), InlineData("Expm1"), InlineData("Tanh"), InlineData("Sigmoid"), InlineData("Softplus")]
    [InlineData("LogSigmoid"), InlineData("Relu"), InlineData("LeakyRelu"), InlineData("SmoothLeakyRelu"), InlineData("Elu"), InlineData("Square")]
    [InlineData("Sqrt"), InlineData("Reciprocal"), InlineData("Negate"), InlineData("Abs"), InlineData("Sin"), InlineData("Cos"), InlineData("Logit"), InlineData("Asinh")]
    public void SpecialValues(string name) => FunctionCases.Dispatch(name, new Specials());

    private sealed class Specials : IFunctionVisitor
    {
        public void Visit<TF, TD>(TF f, TD g, double from, double to)
            where TF : struct, IUnaryFunction<float>
            where TD : struct, IUnaryFunction<double>
        {
            double[] at =
            [
                double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1, -1, 0.5, 1e-6, -1e-6, 1e-40, -1e-40, 1.4e-45,
                88.7, 88.8, 89.5, -87.5, -100, -103.9, -104.5, 3e38, -3e38, 709.7, 709.9, -708.5, -740, -745.1, -746, 5e-324, 1e300, -1e300,
            ];
            float[] x = Array.ConvertAll(at, v => (float)v), y = new float[at.Length], slope = new float[at.Length];
            double[] z = new double[at.Length];
            Elementwise.Map(x, y, f);
            Elementwise.Map(at, z, g);
            Elementwise.Derivative(x, y, slope, f);
            for (int i = 0; i < at.Length; i++)
            {
                double wanted = g.Value(x[i]);
                Assert.True(FunctionCases.UlpFloat(wanted, y[i]) <= 5, $"{f.Name}({x[i]:R}) float is {y[i]:R}, not {wanted:R}");
                Assert.True(FunctionCases.UlpDouble(g.Value(at[i]), z[i]) <= 6, $"{f.Name}({at[i]:R}) double is {z[i]:R}, not {g.Value(at[i]):R}");
                if (wanted == 0 && x[i] == 0) Assert.True(double.IsNegative(wanted) == float.IsNegative(y[i]), $"{f.Name}({x[i]}): sign of zero");
            }
            Assert.True(float.IsNaN(y[0]) && double.IsNaN(z[0]), $"{f.Name}: NaN was lost");
            // Expression of the rule that no NaN becomes a number: also not in the backward pass.
            if (f.Name != "Expm1") Assert.True(float.IsNaN(slope[0]) || float.IsNaN(slope[0] * y[0]), $"{f.Name}: derivative at NaN");
        }
    }

    [Fact]
    public void TanhIsRelativelyAccurateNearZero()
    {
        float[] x = [1e-6f, -1e-6f, 1e-5f, 0.01f, 1e-30f, 1e-42f], y = new float[6];
        Elementwise.Map(x, y, default(TanhFunction<float>));
        for (int i = 0; i < x.Length; i++) Assert.True(FunctionCases.UlpFloat(Math.Tanh(x[i]), y[i]) <= 2, $"tanh({x[i]}) = {y[i]:R}");
    }

    [Fact]
    public void LogDerivativesAreAccurateWhereTheDerivativeSaturates()
    {
        float[] x = [20f, -20f, 60f, -60f], y = new float[4], logDet = new float[4];
        Elementwise.MapWithLogDerivative(x, y, logDet, default(TanhFunction<float>));
        for (int i = 0; i < 4; i++) Assert.Equal(2 * (Math.Log(2) - Math.Abs(x[i])), logDet[i], 1e-5 * Math.Abs(x[i]));
        Array.Clear(logDet);
        Elementwise.MapWithLogDerivative(x, y, logDet, default(SigmoidFunction<float>));
        for (int i = 0; i < 4; i++) Assert.Equal(-Math.Abs(x[i]), logDet[i], 1e-5);
    }
}
