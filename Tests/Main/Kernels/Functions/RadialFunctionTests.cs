using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The even functions of hyperbolic geometry: units of the last place against twice the precision, derivatives by the recurrences of their formulas, the ends of the range.</summary>
public sealed class RadialFunctionTests
{
    private static IEnumerable<double> Points()
    {
        var random = new Random(3);
        for (int i = 0; i < 4000; i++) yield return Math.Pow(2, -40 + (49 * random.NextDouble()));
        foreach (double threshold in (double[])[0, 1, 4, 16])
            for (int i = -8; i <= 8; i++) yield return Math.Max(0, threshold + (i * Math.Max(1e-300, threshold * 2.3e-16)));
        yield return 1e-308;
    }

    [Fact]
    public void ValuesInDoubleAndSingle()
    {
        // The root of u is rounded: half a last place of it is r/2 of e^r.
        Check(default(CoshRootFunction<double>), default(CoshRootFunction<float>), PreciseFunctions.CoshRoot, static u => 4 + Math.Sqrt(u));
        Check(default(SinhRatioFunction<double>), default(SinhRatioFunction<float>), static u => PreciseFunctions.SinhRatio(u), static u => 4 + Math.Sqrt(u));
        Check(default(LogSinhRatioFunction<double>), default(LogSinhRatioFunction<float>), PreciseFunctions.LogSinhRatio, static _ => 10);
        Check(default(AsinhRatioFunction<double>), default(AsinhRatioFunction<float>), PreciseFunctions.AsinhRatio, static _ => 6);
    }

    private static void Check<TD, TF>(TD function, TF single, Func<double, DoubleDouble> precise, Func<double, double> allowed)
        where TD : struct, IUnaryFunction<double>
        where TF : struct, IUnaryFunction<float>
    {
        double[] x = [.. Points()], y = new double[x.Length];
        Elementwise.Map(x, y, function);
        float[] s = Array.ConvertAll(x, v => (float)v), t = new float[x.Length];
        Elementwise.Map(s, t, single);
        for (int i = 0; i < x.Length; i++)
        {
            DoubleDouble wanted = precise(x[i]);
            Assert.True(wanted.UlpsTo(y[i]) <= allowed(x[i]), $"{function.Name}({x[i]:R}) = {y[i]:R}: {wanted.UlpsTo(y[i]):F1} ulp");
            Assert.True(wanted.UlpsTo(function.Value(x[i])) <= allowed(x[i]), $"{function.Name}({x[i]:R}) plainly: {wanted.UlpsTo(function.Value(x[i])):F1} ulp");
            if (x[i] < 1e-38) continue;
            double ulps = FunctionCases.UlpFloat(precise(s[i]).High, t[i]);
            Assert.True(ulps <= allowed(x[i]), $"{function.Name}({s[i]:R}) in single = {t[i]:R}: {ulps:F1} ulp");
        }
    }

    // First and second derivatives in both dtypes against slopes in twice the precision: (f(u + h) - f(u - h))/(2h) with h far below a double's last place of f.
    [Theory]
    [InlineData(0), InlineData(1e-12), InlineData(1e-3), InlineData(0.7), InlineData(0.999), InlineData(1.001), InlineData(3.99), InlineData(4.01), InlineData(30), InlineData(400)]
    public void DerivativesAtSmallAndLargeArguments(double u)
    {
        Slopes(default(CoshRootFunction<double>), default(CoshRootFunction<float>), PreciseFunctions.CoshRoot, u);
        Slopes(default(SinhRatioFunction<double>), default(SinhRatioFunction<float>), static v => PreciseFunctions.SinhRatio(v), u);
        Slopes(default(LogSinhRatioFunction<double>), default(LogSinhRatioFunction<float>), PreciseFunctions.LogSinhRatio, u);
        Slopes(default(AsinhRatioFunction<double>), default(AsinhRatioFunction<float>), PreciseFunctions.AsinhRatio, u);
    }

    private static void Slopes<TD, TF>(TD function, TF single, Func<double, DoubleDouble> precise, double u)
        where TD : struct, IUnaryFunction<double>
        where TF : struct, IUnaryFunction<float>
    {
        // At 0 the interval begins there: the third-order one-sided formulas.
        double h = Math.ScaleB(1, -17) * Math.Max(1, Math.ScaleB(1, Math.ILogB(Math.Max(u, 1))));
        bool edge = u < 2 * h;
        DoubleDouble f0 = precise(u), f1 = precise(u + h), f2 = precise(u + (2 * h)), f3 = precise(u + (3 * h)), f4 = precise(u + (4 * h));
        DoubleDouble first, second;
        if (edge)
        {
            first = ((f1 * 48) - (f0 * 25) - (f2 * 36) + (f3 * 16) - (f4 * 3)) / (12 * h);
            second = ((f0 * 35) - (f1 * 104) + (f2 * 114) - (f3 * 56) + (f4 * 11)) / (DoubleDouble)(12 * h) / h;
        }
        else
        {
            DoubleDouble b1 = precise(u - h), b2 = precise(u - (2 * h));
            first = (((f1 - b1) * 8) - (f2 - b2)) / (12 * h);
            second = (((f1 + b1) * 16) - (f2 + b2) - (f0 * 30)) / (DoubleDouble)(12 * h) / h;
        }
        double[] x = Enumerable.Repeat(u, 19).ToArray(), y = new double[19], d = new double[19], s = new double[19];
        Elementwise.Map(x, y, function);
        Elementwise.Derivative(x, y, d, function);
        Elementwise.SecondDerivative(x, y, s, function);
        float[] xs = Array.ConvertAll(x, v => (float)v), ys = new float[19], ds = new float[19], ss = new float[19];
        Elementwise.Map(xs, ys, single);
        Elementwise.Derivative(xs, ys, ds, single);
        Elementwise.SecondDerivative(xs, ys, ss, single);
        Near(first.High, d[0], 1e-13, "'");
        Near(first.High, function.Derivative(u, y[0]), 1e-13, "' plainly");
        Near(second.High, s[0], 1e-8, "''");
        Near(second.High, function.SecondDerivative(u, y[0]), 1e-8, "'' plainly");
        Near(function.SecondDerivative(u, y[0]), s[0], 2e-13, "'' beside the plain one");
        Near(function.Derivative((double)xs[0], 0), ds[0], 3e-5, "' in single");
        Near(function.SecondDerivative((double)xs[0], 0), ss[0], 1e-4, "'' in single");

        void Near(double wanted, double got, double tolerance, string what)
            => Assert.True(Math.Abs(wanted - got) <= tolerance * Math.Abs(wanted), $"{function.Name}{what} at {u}: {got:R}, wanted {wanted:R}");
    }

    [Fact]
    public void FarOut()
    {
        double[] u = [1e10, 1e100, 1e300, double.PositiveInfinity], y = new double[4], d = new double[4];
        Elementwise.Map(u, y, default(LogSinhRatioFunction<double>));
        Elementwise.Derivative(u, y, d, default(LogSinhRatioFunction<double>));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Math.Sqrt(u[i]) - Math.Log(2) - (Math.Log(u[i]) / 2), y[i], Math.Sqrt(u[i]) * 1e-15);
            Assert.Equal(0.5 / Math.Sqrt(u[i]), d[i], d[i] * 1.1 / Math.Sqrt(u[i]) + 1e-15 * d[i]);
        }
        Assert.Equal(double.PositiveInfinity, y[3]);
        Assert.Equal(0, d[3]);
        Elementwise.Map(u, y, default(AsinhRatioFunction<double>));
        Assert.Equal([0.0], y[3..]);
        Assert.Equal((Math.Log(2) + (150 * Math.Log(10))) / 1e150, y[2], y[2] * 1e-14);
        float[] single = [1e4f, 1e30f, 3e38f], z = new float[3], slope = new float[3];
        Elementwise.Map(single, z, default(LogSinhRatioFunction<float>));
        Elementwise.Derivative(single, z, slope, default(LogSinhRatioFunction<float>));
        Assert.All(z, v => Assert.True(float.IsFinite(v)));
        Assert.All(slope, v => Assert.True(v > 0));
        float[] below = [-1e-3f, -5, float.NaN], nan = new float[3];
        Elementwise.Map(below, nan, default(SinhRatioFunction<float>));
        Assert.All(nan, v => Assert.True(float.IsNaN(v)));
    }
}
