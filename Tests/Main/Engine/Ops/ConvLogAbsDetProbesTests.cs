using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The estimated gradient of a convolution's log-determinant: its mean is the exact one, and the test would see it if it were not.</summary>
public sealed class ConvLogAbsDetProbesTests
{
    private const int Steps = 600, Probes = 5;

    private static readonly ConvShape Shape = ConvShape.Same(2, 2, 4, 5, 3);

    [Fact]
    public void TheMeanOverManyProbesIsTheExactGradient()
    {
        double[] w = Weight();
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] exact = Gradient(tape, w, (t, weight) => t.ConvLogAbsDet(weight, Shape));
        double[][] draws = [.. Enumerable.Range(0, Steps).Select(step => Gradient(tape, w, (t, weight) => t.ConvLogAbsDetProbes(weight, Shape, Probes, 77, step)))];
        (double worst, double spread) = Distance(exact, draws);
        // 36 numbers, each within 4.5 of its own standard errors, which are themselves small.
        Assert.True(worst < 4.5, $"{worst} standard errors");
        Assert.InRange(spread, 1e-6, 0.02);

        // Input and output exchanged is the gradient for the transposed matrix: the same test must refuse it.
        double[][] exchanged = [.. Enumerable.Range(0, Steps).Select(step => Exchanged(tape, w, step))];
        Assert.True(Distance(exact, exchanged).Worst > 20);
        // So must it refuse a factor of the number of probes, and one probe in five forgotten.
        double[][] scaled = [.. draws.Select(d => d.Select(v => v * (Probes - 1) / Probes).ToArray())];
        Assert.True(Distance(exact, scaled).Worst > 20);
    }

    [Fact]
    public void ProbesAreAFunctionOfKeyAndStream()
    {
        double[] w = Weight();
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] Draw(ulong key, long stream) => Gradient(tape, w, (t, weight) => t.ConvLogAbsDetProbes(weight, Shape, 2, key, stream));
        double[] first = Draw(3, 4);
        Assert.Equal(first, Draw(3, 4));
        Assert.NotEqual(first, Draw(3, 5));
        Assert.NotEqual(first, Draw(4, 4));
    }

    [Fact]
    public void TheValueIsExact()
    {
        double[] w = Weight();
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var weight = tape.Input(w, 2, Shape.WeightColumns);
        double dense = tape.Scalar(tape.LogAbsDet(tape.ConvMatrix(weight, Shape)));
        Assert.Equal(dense, tape.Scalar(tape.ConvLogAbsDetProbes(weight, Shape, 1, 0, 0)), 1e-12 * Math.Abs(dense));
    }

    // The largest distance of a mean from the exact gradient, in standard errors, and the largest standard error relative to the largest gradient.
    private static (double Worst, double Spread) Distance(double[] exact, double[][] draws)
    {
        double worst = 0, spread = 0, scale = exact.Max(Math.Abs);
        for (int i = 0; i < exact.Length; i++)
        {
            double mean = draws.Average(d => d[i]), variance = draws.Sum(d => (d[i] - mean) * (d[i] - mean)) / (draws.Length - 1);
            double error = Math.Sqrt(variance / draws.Length);
            worst = Math.Max(worst, Math.Abs(mean - exact[i]) / error);
            spread = Math.Max(spread, error / scale);
        }
        return (worst, spread);
    }

    private static double[] Exchanged(Tape<double> tape, double[] w, int step)
    {
        tape.Reset();
        var random = new Random(step);
        Var weight = tape.Input(w, 2, Shape.WeightColumns);
        Var v = tape.Input([.. Enumerable.Range(0, Probes * Shape.InLength).Select(_ => random.Next(2) == 0 ? -1.0 : 1.0)], Probes, Shape.InLength);
        Var u = tape.ConvSolve(tape.MirrorKernel(weight, Shape), v, Shape.Transposed);
        double[] result = new double[w.Length];
        tape.Read(tape.Scale(Conv2dWeightGradientOp<double>.Record(tape, u, v, Shape), 1.0 / Probes), result);
        return result;
    }

    private static double[] Gradient(Tape<double> tape, double[] w, Func<Tape<double>, Var, Var> record)
    {
        tape.Reset();
        Var weight = tape.Input(w, 2, Shape.WeightColumns, needsGrad: true);
        tape.Backward(record(tape, weight));
        double[] gradient = new double[w.Length];
        tape.ReadGrad(weight, gradient);
        return gradient;
    }

    private static double[] Weight()
    {
        var random = new Random(8);
        double[] w = [.. Enumerable.Range(0, Shape.WeightLength).Select(_ => 0.25 * InputSpec.Gaussian(random))];
        w[4] += 2;
        w[31] += 2;
        return w;
    }
}
