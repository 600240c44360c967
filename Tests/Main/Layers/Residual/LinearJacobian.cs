using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>The map x -> J x for a known J, every row of the batch a draw of its own; and the sample moments of what is drawn.</summary>
internal static class LinearJacobian
{
    /// <summary>Runs an estimator for some steps: one number a row, step after step.</summary>
    public static double[] Draws(double[] jacobian, int d, int rows, int steps, Func<Tape<double>, Var, Var, long, Var> record)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var all = new double[rows * steps];
        var x = new double[rows * d];
        for (int s = 0; s < steps; s++)
        {
            tape.Reset();
            Var input = tape.Input(x, rows, d, needsGrad: true), output = tape.MatMul(input, tape.Input(jacobian, d, d), transposeB: true);
            tape.Read(record(tape, output, input, s), all.AsSpan(s * rows, rows));
        }
        return all;
    }

    public static double[] Draws(double[] jacobian, int d, int rows, int steps, ILogDetEstimator<double> estimator, ulong key)
        => Draws(jacobian, d, rows, steps, (tape, output, input, s) => estimator.Record(tape, output, input, key, s));

    /// <summary>Mean and variance of independent draws, each with its standard error.</summary>
    public static (double Mean, double MeanError, double Variance, double VarianceError) Moments(double[] draws)
    {
        double n = draws.Length, mean = draws.Sum() / n, second = draws.Sum(v => Math.Pow(v - mean, 2)) / (n - 1), fourth = draws.Sum(v => Math.Pow(v - mean, 4)) / n;
        return (mean, Math.Sqrt(second / n), second, Math.Sqrt(Math.Max(0, fourth - (second * second)) / n));
    }

    /// <summary>Gaussian / sqrt(D).</summary>
    public static double[] Gaussian(int d, ulong key) => [.. new PhiloxNormals(key).Take(d * d).Select(v => v / Math.Sqrt(d))];

    /// <summary>Gaussian with largest singular value <paramref name="norm"/>.</summary>
    public static double[] GaussianOfNorm(int d, ulong key, double norm)
    {
        double[] a = Gaussian(d, key), v = [.. Enumerable.Repeat(1.0, d)];
        double s = 0;
        for (int i = 0; i < 5000; i++)
        {
            double[] u = [.. Enumerable.Range(0, d).Select(r => Enumerable.Range(0, d).Sum(c => a[(r * d) + c] * v[c]))];
            v = [.. Enumerable.Range(0, d).Select(c => Enumerable.Range(0, d).Sum(r => a[(r * d) + c] * u[r]))];
            double length = Math.Sqrt(v.Sum(t => t * t));
            s = Math.Sqrt(length);
            v = [.. v.Select(t => t / length)];
        }
        return [.. a.Select(t => t * norm / s)];
    }

    public static double[] Scaled(int d, double c)
    {
        var j = new double[d * d];
        for (int i = 0; i < d; i++) j[(i * d) + i] = c;
        return j;
    }
}
