using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Logit, elementwise, column and density passes over lanes against naive loops at every length, and with any number of threads to the bit.</summary>
public sealed class FlowPassTests
{
    private static readonly double[][] LogitSettings = [[0, 1, 0.02, 1, 0], [-3, 5, 1e-3, 1.5, 0], [0, 1, 0, 1, 1e-3], [0, 1, 0, 2, 0]];

    [Fact]
    public void LogitGradientsAtEveryLength()
    {
        foreach (double[] settings in LogitSettings)
            for (int n = 0; n <= 257; n++)
            {
                double[] x = Uniform(1, n), z = Normal(2, n), d = Normal(3, n), l = Normal(4, 1), slow = Normal(5, n), fast = Normal(5, n);
                for (int i = 0; i < n; i++) x[i] = settings[0] + ((settings[1] - settings[0]) * x[i]);
                // Clipped on both sides, and not quite.
                if (n > 3 && settings[4] > 0) (x[0], x[1], x[2], x[3]) = (settings[0], settings[1], settings[0] + settings[4], settings[1] - settings[4]);
                LogitFlow.Backward<double>(x, d, l, slow, settings);
                LogitFlow.BackwardSimd<double>(x, d, l, fast, settings);
                Close("backward", fast, slow, 1e-12);
                LogitFlow.InverseBackward<double>(z, d, l, slow, settings);
                LogitFlow.InverseBackwardSimd<double>(z, d, l, fast, settings);
                Close("inverse backward", fast, slow, 1e-12);
                float[] slowFloat = new float[n], fastFloat = new float[n], s = Floats(settings), df = Floats(d), lf = Floats(l), zf = Floats(z);
                LogitFlow.Backward<float>(Floats(x), df, lf, slowFloat, s);
                LogitFlow.BackwardSimd<float>(Floats(x), df, lf, fastFloat, s);
                Close("backward, float", Wide(fastFloat), Wide(slowFloat), 2e-5);
                Array.Clear(slowFloat);
                Array.Clear(fastFloat);
                LogitFlow.InverseBackward<float>(zf, df, lf, slowFloat, s);
                LogitFlow.InverseBackwardSimd<float>(zf, df, lf, fastFloat, s);
                Close("inverse backward, float", Wide(fastFloat), Wide(slowFloat), 2e-5);
            }
    }

    [Fact]
    public void LogitGradientsFarOutStayFinite()
    {
        double[] z = [-1e4, -800, -40, 0, 40, 800, 1e4, double.NaN], ones = [1, 1, 1, 1, 1, 1, 1, 1], slow = new double[8], fast = new double[8];
        LogitFlow.InverseBackward<double>(z, ones, [1], slow, LogitSettings[0]);
        LogitFlow.InverseBackwardSimd<double>(z, ones, [1], fast, LogitSettings[0]);
        Close("far out", fast, slow, 1e-12);
        Assert.True(double.IsNaN(fast[7]));
        Assert.Equal(1, fast[0]);
        Assert.Equal(-1, fast[6]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OutsideIsFoundWhereverItIs(int which)
    {
        double[] settings = LogitSettings[which];
        double margin = settings[4] > 0 ? 1e-12 : (settings[2] * (settings[1] - settings[0]) / (1 - (2 * settings[2]))) + 1e-12;
        foreach (double bad in (double[])[double.NaN, settings[0] - margin, settings[1] + margin, double.PositiveInfinity])
            for (int n = 1; n <= 70; n++)
                for (int at = 0; at <= n; at += Math.Max(1, n / 5))
                {
                    var x = new double[n];
                    Array.Fill(x, 0.5);
                    if (at < n) x[at] = bad;
                    int expected = at < n ? at : -1;
                    Assert.Equal(expected, LogitFlow.FindOutside<double>(x, settings));
                    Assert.Equal(expected, LogitFlow.FindOutsideSimd<double>(x, settings));
                }
    }

    [Fact]
    public void ColumnSumsAtEveryWidth()
    {
        foreach (int rows in (int[])[0, 1, 7])
            for (int columns = 1; columns <= 257; columns++)
            {
                double[] dz = Normal(1, rows * columns), v = Normal(2, rows * columns), sum = Normal(3, columns), product = Normal(4, columns);
                double[] sumSlow = (double[])sum.Clone(), productSlow = (double[])product.Clone();
                for (int i = 0; i < dz.Length; i++)
                {
                    sumSlow[i % columns] += dz[i];
                    productSlow[i % columns] += dz[i] * v[i];
                }
                ColumnAffine.AddColumnSums<double>(dz, v, sum, product);
                Assert.Equal(sumSlow, sum);
                Close($"{rows}x{columns}", product, productSlow, 1e-13);
            }
    }

    [Theory]
    [InlineData(700, 401)]
    [InlineData(3, 100001)]
    [InlineData(70001, 5)]
    public void AnyNumberOfThreadsGivesTheSameBits(int rows, int columns)
    {
        float[] a = Floats(Normal(1, rows * columns)), b = Floats(Normal(2, rows * columns)), l = Floats(Normal(3, rows)), c = Floats(Normal(4, columns)), u = Floats(Uniform(5, rows * columns));
        float[] s = Floats(LogitSettings[0]);
        float[][] first = All(null);
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var workers = new Workers(threads);
            float[][] again = All(workers);
            for (int i = 0; i < first.Length; i++) Assert.True(first[i].AsSpan().SequenceEqual(again[i]), $"result {i} with {threads} threads");
        }

        float[][] All(Workers? workers)
        {
            var f = new SmoothLeakyReluFunction<float>(0.3f);
            float[][] to = [.. Enumerable.Range(0, 12).Select(i => new float[rows * columns])], row = [.. Enumerable.Range(0, 4).Select(i => new float[rows])];
            float[] sum = new float[columns], product = new float[columns];
            LogitFlow.ForwardSimd<float>(u, to[0], row[0], s, workers);
            LogitFlow.BackwardSimd<float>(u, b, l, to[1], s, workers);
            LogitFlow.InverseSimd<float>(a, to[2], row[1], s, workers);
            LogitFlow.InverseBackwardSimd<float>(a, b, l, to[3], s, workers);
            ElementwiseFlow.ForwardSimd(a, to[4], to[5], row[2], f, workers);
            ElementwiseFlow.BackwardSimd<float, SmoothLeakyReluFunction<float>>(a, to[4], to[5], b, l, to[6], true, f, workers);
            ElementwiseFlow.InverseBackwardSimd<float, SmoothLeakyReluFunction<float>>(a, to[4], to[5], b, l, to[7], f, workers);
            ColumnAffine.Map<float>(a, c, c, to[8], workers);
            ColumnAffine.AddInputGradient<float>(a, c, to[9], workers);
            ColumnAffine.AddColumnSums<float>(a, b, sum, product, workers);
            GaussianRows.LogProb<float>(a, row[3], workers);
            GaussianRows.Gradient<float>(a, l, to[10], true, workers);
            ElementwiseFlow.InverseSimd<float, LeakyReluFunction<float>, LeakyReluInverse<float>>(a, to[11], to[5], row[2], new(0.2f), new(0.2f), workers);
            return [.. to, .. row, sum, product];
        }
    }

    private static double[] Normal(ulong stream, int count)
    {
        var numbers = new double[count];
        RandomFill.Gaussian<double>(5, stream, 0, numbers);
        return numbers;
    }

    private static double[] Uniform(ulong stream, int count)
    {
        var numbers = new double[count];
        RandomFill.Uniform<double>(5, stream, 0, numbers);
        for (int i = 0; i < count; i++) numbers[i] = 0.001 + (0.998 * numbers[i]);
        return numbers;
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, v => (float)v);

    private static double[] Wide(float[] values) => Array.ConvertAll(values, v => (double)v);

    private static void Close(string name, double[] actual, double[] expected, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (double.IsNaN(expected[i]) && double.IsNaN(actual[i])) continue;
            Assert.True(Math.Abs(actual[i] - expected[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"{name}: element {i} of {expected.Length} is {actual[i]:R}, wanted {expected[i]:R}");
        }
    }
}
