using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What an error of the learned inverse does to the gradient: cos = 1/sqrt(1 + e^2) for an isotropic error of relative size e, and the reconstruction residual that shows it.</summary>
public sealed class LearnedInverseErrorTests
{
    private const int D = 64;

    [Theory]
    [InlineData(0.01, 0.99995, 0.011)]
    [InlineData(0.1, 0.9950, 0.110)]
    [InlineData(0.3, 0.958, 0.329)]
    [InlineData(1.0, 0.704, 1.10)]
    public void The_gradient_turns_by_the_error_of_the_inverse(double error, double cosine, double residual)
    {
        using var backend = new SimdBackend<double>(1);
        double[] w = Dense.Random(31, D, D, 0.04, addIdentity: true), inverse = Dense.Invert(w, D).Inverse, noise = Dense.Random(32, D, D);
        double[] r = Dense.Add(inverse, noise, error * Norm(inverse) / Norm(noise));
        double[] still = new double[D], unit = new double[D * D];
        for (int i = 0; i < D; i++) unit[(i * D) + i] = 1;

        // At x = 0 the gradient is that of the log-determinant alone: -R^T, beside the exact -W^-T.
        double[] exact = StrategyRun.Of(new ExactLu<double>(), w, new double[D], null, still, backend).GradW;
        foreach (IJacobianStrategy<double> strategy in (IJacobianStrategy<double>[])[SelfNormalizing<double>.Published(1), SelfNormalizing<double>.ReconstructionOnly(1)])
        {
            double measured = Cosine(StrategyRun.Of(strategy, w, new double[D], r, still, backend).GradW, exact);
            // The draw's own correlation with W^-1, of deviation 1/D, turns it by so much at most.
            double spread = 4.0 / D * Math.Pow(error, 3) / Math.Pow(1 + (error * error), 1.5);
            Assert.Equal(1 / Math.Sqrt(1 + (error * error)), measured, spread + 1e-6);
            Assert.Equal(cosine, measured, spread + 5e-4);

            // The rows of the identity as data: the mean square of the reconstruction error is |R W - I|^2 / D.
            double seen = Math.Sqrt(StrategyRun.Of(strategy, w, new double[D], r, unit, backend).Penalty), scale = Norm(w) * Norm(inverse) / D;
            Assert.Equal(error * scale, seen, 0.02 * error * scale);
            Assert.Equal(residual, seen, 0.05 * residual);
            // As a proxy that needs no inverse: good to the scale's distance from 1.
            Assert.Equal(1 / Math.Sqrt(1 + (seen * seen)), measured, 0.04);
        }
    }

    private static double Norm(double[] a) => Math.Sqrt(a.Sum(v => v * v));

    private static double Cosine(double[] a, double[] b) => a.Zip(b, (u, v) => u * v).Sum() / (Norm(a) * Norm(b));
}
