using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What a strategy's gradient must be when its inverse is the true one, as multiples of the exact gradient.</summary>
internal enum Promise
{
    /// <summary>G_W is the exact gradient.</summary>
    Exact,

    /// <summary>G_W is half of it, G_R = -1/2 W^T G_W W^T.</summary>
    Published,

    /// <summary>G_W is the exact gradient, G_R is zero.</summary>
    ReconstructionOnly,

    /// <summary>The exact gradient of [W, b] times H^T H.</summary>
    Relative,

    /// <summary>G_W is the exact gradient in the mean over the keys, G_R is zero.</summary>
    UnbiasedReconstruction,
}

/// <summary>The conformance suite of Jacobian strategies on a dense site, in double.</summary>
internal static class StrategyConformance
{
    private const int D = 5, Rows = 7;

    public static void Check(IJacobianStrategy<double> strategy, Promise promise, Func<IBackend<double>> makeBackend)
    {
        using IBackend<double> backend = makeBackend();
        for (ulong seed = 1; seed <= 3; seed++)
        {
            double[] w = Dense.Random(seed, D, D, 0.35, addIdentity: true), b = Dense.Random(seed + 10, 1, D), x = Dense.Random(seed + 20, Rows, D);
            (double[] inverse, double logDet) = Dense.Invert(w, D);
            StrategyRun run = StrategyRun.Of(strategy, w, b, inverse, x, backend);
            (double[] gw, double[] gb, double[] gx, double[] z) = ExactGradient(w, b, x, inverse);

            Assert.Equal(strategy.Value, run.Step.Value);
            Assert.Equal(strategy.Gradient, run.Step.Gradient);
            Dense.Close("z", z, run.Z, 1e-12);
            Dense.Close("dX", gx, run.GradX, 1e-10);
            // A value is either right or absent.
            Assert.Equal(strategy.Value == ValueKind.Exact ? logDet : 0, run.LogDet, 1e-10);

            switch (promise)
            {
                case Promise.Exact:
                    Dense.Close("G_W", gw, run.GradW, 1e-10);
                    Dense.Close("G_b", gb, run.GradB, 1e-10);
                    break;
                case Promise.Published:
                    {
                        double[] wt = Dense.Transpose(w, D, D);
                        Dense.Close("G_W", Dense.Scale(gw, 0.5), run.GradW, 1e-10);
                        Dense.Close("G_R", Dense.Scale(Dense.Multiply(Dense.Multiply(wt, gw, D, D, D), wt, D, D, D), -0.5), run.GradR, 1e-10);
                        Dense.Close("G_b", gb, run.GradB, 1e-10);
                        break;
                    }
                case Promise.ReconstructionOnly:
                    Dense.Close("G_W", gw, run.GradW, 1e-10);
                    Dense.Close("G_R", new double[D * D], run.GradR, 1e-9);
                    Dense.Close("G_b", gb, run.GradB, 1e-10);
                    break;
                case Promise.UnbiasedReconstruction:
                    MeanEquals("G_W", gw, [.. Enumerable.Range(0, 400).Select(key => StrategyRun.Of(strategy, w, b, inverse, x, backend, key: (ulong)key).GradW)]);
                    Dense.Close("G_R", new double[D * D], run.GradR, 1e-9);
                    Dense.Close("G_b", gb, run.GradB, 1e-10);
                    break;
                default:
                    {
                        (double[] rw, double[] rb) = TimesHtH(gw, gb, w, b);
                        Dense.Close("G_W", rw, run.GradW, 1e-10);
                        Dense.Close("G_b", rb, run.GradB, 1e-10);
                        break;
                    }
            }
        }
    }

    /// <summary>Every entry's mean over the draws within 4 standard errors of what is expected, and not by a standard error that says nothing.</summary>
    public static void MeanEquals(string what, double[] expected, double[][] draws)
    {
        double size = Math.Sqrt(expected.Sum(v => v * v) / expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double mean = draws.Average(d => d[i]), variance = draws.Sum(d => (d[i] - mean) * (d[i] - mean)) / (draws.Length - 1);
            double error = Math.Sqrt(variance / draws.Length);
            Assert.True(Math.Abs(mean - expected[i]) <= (4 * error) + 1e-12, $"{what}[{i}]: mean {mean:G6} of {draws.Length} draws, expected {expected[i]:G6}, standard error {error:G2}");
            Assert.True(error < 0.1 * size, $"{what}[{i}]: the standard error {error:G2} is too large to tell");
        }
    }

    /// <summary>Loss = mean over rows of |z|^2/2 - log|det W| (+ constant), differentiated by hand on plain arrays.</summary>
    public static (double[] Gw, double[] Gb, double[] Gx, double[] Z) ExactGradient(double[] w, double[] b, double[] x, double[] inverse)
    {
        int d = b.Length, rows = x.Length / d;
        double[] z = Dense.Multiply(x, Dense.Transpose(w, d, d), rows, d, d);
        for (int i = 0; i < z.Length; i++) z[i] += b[i % d];
        double[] dz = Dense.Scale(z, 1.0 / rows);
        double[] gw = Dense.Add(Dense.Multiply(Dense.Transpose(dz, rows, d), x, d, rows, d), Dense.Transpose(inverse, d, d), -1);
        var gb = new double[d];
        for (int i = 0; i < dz.Length; i++) gb[i % d] += dz[i];
        return (gw, gb, Dense.Multiply(dz, w, rows, d, d), z);
    }

    /// <summary>Top rows of G_H H^T H for H = [[W, b], [0, 1]].</summary>
    private static (double[] Gw, double[] Gb) TimesHtH(double[] gw, double[] gb, double[] w, double[] b)
    {
        int d = b.Length, n = d + 1;
        double[] g = new double[n * n], h = new double[n * n];
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < d; j++) (g[i * n + j], h[i * n + j]) = (gw[i * d + j], w[i * d + j]);
            (g[i * n + d], h[i * n + d]) = (gb[i], b[i]);
        }
        h[d * n + d] = 1;
        // The log-determinant's gradient has an entry in the fixed last row as well: -H^-T there, whose product with H^T H is -H.
        double[] inverse = Dense.Invert(h, n).Inverse;
        for (int j = 0; j < n; j++) g[d * n + j] = -inverse[j * n + d];
        double[] r = Dense.Multiply(Dense.Multiply(g, Dense.Transpose(h, n, n), n, n, n), h, n, n, n);
        var rw = new double[d * d];
        var rb = new double[d];
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < d; j++) rw[i * d + j] = r[i * n + j];
            rb[i] = r[i * n + d];
        }
        return (rw, rb);
    }
}
