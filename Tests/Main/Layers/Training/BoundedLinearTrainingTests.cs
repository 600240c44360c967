using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A linear flow with bounded singular values reaches the constrained optimum of a Gaussian, which is known in closed form.</summary>
public sealed class BoundedLinearTrainingTests
{
    private static readonly double[] s_eigenvalues = [9, 4, 1, 0.25, 0.01, 1e-4];

    [Theory]
    [InlineData(10, -4.512073)]
    [InlineData(3, -6.460469)]
    [InlineData(2, -7.465684)]
    public void It_reaches_the_closed_form(double bound, double printed)
    {
        double expected = Optimum(bound);
        Assert.Equal(printed, expected, 5e-7);

        int d = s_eigenvalues.Length;
        using var flow = new Flow<double>([new BoundedLinear<double>(d, d, Math.Log(bound), bias: false)], new StandardNormal<double>(d), 3, new SimdBackend<double>(1));
        // Rows whose second moment is exactly the covariance: +-sqrt(D v_i) along the axes of a random rotation.
        double[] rotation = Rotation(d), x = new double[2 * d * d];
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++)
            {
                double v = Math.Sqrt(d * s_eigenvalues[i]) * rotation[(i * d) + j];
                (x[(i * d) + j], x[((d + i) * d) + j]) = (v, -v);
            }
        using var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { Schedule = LearningRateSchedule.Cosine(0.15, 3000) });
        for (int step = 0; step < 3000; step++) trainer.Step(x);
        double reached = flow.LogProb(x).Average();
        Assert.InRange(reached, expected - 1e-3, expected + 1e-9);
        LipschitzBounds certified = LipschitzCertificate.Of(flow).Total;
        Assert.True(certified.Forward <= bound * (1 + 1e-12) && certified.Inverse <= bound * (1 + 1e-12));
    }

    private static double Optimum(double bound)
        => s_eigenvalues.Sum(v =>
        {
            double a = Math.Clamp(1 / Math.Sqrt(v), 1 / bound, bound);
            return Math.Log(a) - (a * a * v / 2) - (0.5 * Math.Log(2 * Math.PI));
        });

    private static double[] Rotation(int d)
    {
        double[] u = new double[d * d], s = new double[d], v = new double[d * d];
        Svd.Decompose<double>(new PhiloxNormals(9).Take(d * d), d, d, u, s, v);
        return u;
    }
}
