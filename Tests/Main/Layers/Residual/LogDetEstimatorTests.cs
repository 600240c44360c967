using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Estimators of log|det(I + J)| on a fixed network: their means over many steps against the exact value and gradient.</summary>
public sealed class LogDetEstimatorTests : IDisposable
{
    private const int Rows = 64, D = 3, Steps = 400;

    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData("""{"name":"roulette","stop":0.5,"exact_terms":1}""", true)]
    [InlineData("""{"name":"roulette","stop":0.3,"exact_terms":2,"probe":"gaussian","probes":2}""", true)]
    [InlineData("""{"name":"roulette","stop":0.4,"exact_terms":2,"probe":"sphere"}""", true)]
    [InlineData("""{"name":"roulette","stop":0.4,"exact_terms":2,"probe":"orthonormal","probes":2}""", true)]
    [InlineData("""{"name":"roulette","stop":0.4,"exact_terms":2,"sketch":1}""", true)]
    [InlineData("""{"name":"roulette","distribution":"poisson","rate":3,"exact_terms":3,"allow_infinite_variance":true,"probe":"orthonormal","probes":2,"sketch":1}""", true)]
    [InlineData("""{"name":"neumann","stop":0.3,"exact_terms":2,"probe":"sphere"}""", false)]
    [InlineData("""{"name":"neumann","stop":0.3,"exact_terms":2,"probe":"orthonormal","probes":3}""", false)]
    [InlineData("""{"name":"neumann","stop":0.5,"exact_terms":0}""", false)]
    [InlineData("""{"name":"neumann","stop":0.3,"exact_terms":2,"probe":"gaussian"}""", false)]
    public void TheMeanIsTheLogDeterminant(string config, bool hasValue)
    {
        (double[] exact, double[] gradient) = Run(new ExactLogDet<double>(), 0);
        (double[] mean, double[] error) = Mean(LogDetRegistry.FromConfig<double>(JsonDocument.Parse(config).RootElement, 0.7), Steps);
        if (hasValue) Assert.InRange(mean[0], exact[0] - (4.5 * error[0]), exact[0] + (4.5 * error[0]));
        else Assert.Equal(0, mean[0], 1e-15);
        for (int i = 0; i < gradient.Length; i++)
            Assert.True(Math.Abs(mean[i + 1] - gradient[i]) <= 4.5 * error[i + 1], $"gradient {i}: {mean[i + 1]} +- {error[i + 1]}, exact {gradient[i]}");
        // The noise must be small enough for the comparison to mean something.
        Assert.True(error.Skip(1).Max() < 0.05 * gradient.Max(Math.Abs), $"{error.Skip(1).Max()} against {gradient.Max(Math.Abs)}");
    }

    [Fact]
    public void TheTruncatedSeriesIsOffByItsRemainder()
    {
        const int Terms = 1;
        (double[] exact, _) = Run(new ExactLogDet<double>(), 0);
        (double[] mean, double[] error) = Mean(new TruncatedLogDet<double>(Terms, new ProbeSettings(1, ProbeKind.Rademacher)), 10 * Steps);
        double truncated = TracesOfPowers(Terms);
        Assert.InRange(mean[0], truncated - (4.5 * error[0]), truncated + (4.5 * error[0]));
        Assert.True(Math.Abs(truncated - exact[0]) > 9 * error[0], "the remainder must be visible here");
        double bound = 0;
        for (int k = Terms + 1; k < 200; k++) bound += D * Math.Pow(0.7, k) / k;
        Assert.True(Math.Abs(truncated - exact[0]) < bound);
        Assert.Equal(ValueKind.Truncated, new TruncatedLogDet<double>(Terms, new ProbeSettings(1, ProbeKind.Rademacher)).Value);
    }

    [Fact]
    public void ManyTermsAndTheTraceGiveTheExactValue()
    {
        (double[] exact, _) = Run(new ExactLogDet<double>(), 0);
        Assert.Equal(exact[0], TracesOfPowers(120), 1e-12);
    }

    [Theory]
    [InlineData("""{"name":"roulette","stop":0.5}""")]
    [InlineData("""{"name":"neumann","stop":0.5}""")]
    [InlineData("""{"name":"truncated","terms":3}""")]
    [InlineData("""{"name":"truncated","terms":3,"probe":"sphere"}""")]
    [InlineData("""{"name":"roulette","stop":0.4,"probe":"orthonormal","probes":2}""")]
    [InlineData("""{"name":"neumann","stop":0.4,"probe":"orthonormal","probes":2}""")]
    [InlineData("""{"name":"roulette","stop":0.4,"sketch":2}""")]
    public void TheSameStepGivesTheSameBitsAndAnotherDoesNot(string config)
    {
        ILogDetEstimator<double> estimator = LogDetRegistry.FromConfig<double>(JsonDocument.Parse(config).RootElement, 0.7);
        (double[] a, double[] da) = Run(estimator, 5);
        (double[] b, double[] db) = Run(estimator, 5);
        (_, double[] dc) = Run(estimator, 6);
        Assert.Equal(a, b);
        Assert.Equal(da, db);
        Assert.NotEqual(da, dc);
        using var two = new SimdBackend<double>(2);
        Assert.Equal(da, Run(estimator, 5, two).Gradient);
    }

    [Theory]
    [InlineData("""{"name":"roulette","stop":0.5,"exact_terms":0}""", "exact_terms is 0")]
    [InlineData("""{"name":"roulette","stop":0.6}""", "infinite variance")]
    [InlineData("""{"name":"neumann","stop":0.6}""", "infinite variance")]
    [InlineData("""{"name":"truncated","terms":0}""", "'terms' is")]
    [InlineData("""{"name":"truncated","probes":0}""", "'probes' is")]
    [InlineData("""{"name":"exact","terms":1}""", "terms")]
    [InlineData("""{"name":"hutch"}""", "there is no estimator named")]
    public void NonsenseIsRefused(string config, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => LogDetRegistry.FromConfig<double>(JsonDocument.Parse(config).RootElement, 0.7));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private (double[] Mean, double[] Error) Mean(ILogDetEstimator<double> estimator, int steps)
    {
        double[]? sum = null, squares = null;
        for (int step = 0; step < steps; step++)
        {
            (double[] value, double[] gradient) = Run(estimator, step);
            double[] all = [.. value, .. gradient];
            sum ??= new double[all.Length];
            squares ??= new double[all.Length];
            for (int i = 0; i < all.Length; i++)
            {
                sum[i] += all[i] / steps;
                squares[i] += all[i] * all[i] / steps;
            }
        }
        return (sum!, sum!.Select((m, i) => Math.Sqrt(Math.Max(0, squares![i] - (m * m)) / (steps - 1))).ToArray());
    }

    // Mean over the rows of the log-determinant of x + g(x) for a small g, and its gradient with respect to the weights and x (summed over rows).
    private (double[] Value, double[] Gradient) Run(ILogDetEstimator<double> estimator, long step, IBackend<double>? backend = null)
    {
        using var tape = new Tape<double>(backend ?? _backend);
        (Var g, Var x, Var w1, Var w2) = Map(tape);
        Var mean = tape.Mean(estimator.Record(tape, g, x, 17, step));
        tape.Backward(mean);
        double[] d1 = new double[w1.Length], d2 = new double[w2.Length];
        tape.ReadGrad(w1, d1);
        tape.ReadGrad(w2, d2);
        return ([tape.Scalar(mean)], [.. d1, .. d2]);
    }

    private double TracesOfPowers(int terms)
    {
        using var tape = new Tape<double>(_backend);
        (Var g, Var x, _, _) = Map(tape);
        Var j = ExactJacobian.Record(tape, g, x, ExactJacobian.Basis(tape, Rows, D)), power = j;
        double sum = 0;
        for (int k = 1; k <= terms; k++)
        {
            if (k > 1) power = tape.BatchedMatMul(power, j, Rows);
            sum += (k % 2 == 1 ? 1.0 : -1.0) / k * tape.Scalar(tape.Mean(ExactJacobian.Trace(tape, power)));
        }
        return sum;
    }

    private static (Var G, Var X, Var W1, Var W2) Map(Tape<double> tape)
    {
        var random = new PhiloxNormals(3);
        Var x = tape.Input(random.Take(Rows * D), Rows, D), w1 = tape.Input(random.Take(5 * D), 5, D, needsGrad: true), w2 = tape.Input(random.Take(D * 5), D, 5, needsGrad: true);
        Var u = tape.Constant(1, 1, 5), v = tape.Constant(1, 1, D);
        Var a = SpectralNormOp<double>.Record(tape, w1, u, 0.83, 10_000, 1e-13).Weight, b = SpectralNormOp<double>.Record(tape, w2, v, 0.83, 10_000, 1e-13).Weight;
        return (tape.MatMul(tape.Tanh(tape.MatMul(x, a, transposeB: true)), b, transposeB: true), x, w1, w2);
    }
}
