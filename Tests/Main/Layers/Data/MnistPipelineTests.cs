using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>
/// Reading, dequantisation, logit and reporting, end to end on MNIST, against numbers that need no training. All on the 0..256 scale
/// with alpha = 1e-6.
/// </summary>
[Trait("Category", "Slow")]
public sealed class MnistPipelineTests
{
    private const double Alpha = 1e-6;
    private const int D = 784;
    private static string Folder => SharedData.At("images", "mnist");

    [SharedDataFact]
    public void The_expected_log_determinant_of_the_preprocessing_is_the_published_one()
    {
        DataSet mnist = IdxReader.ReadFolder(Folder);
        Assert.Equal(272.53, Expected(mnist.Test), 0.01);
        Assert.Equal(272.66, Expected(mnist.Validation), 0.01);
        Assert.Equal(272.09, Expected(mnist.Train), 0.01);
    }

    [SharedDataFact]
    public void One_draw_of_the_noise_gives_the_expectation_within_its_scatter()
    {
        DataSet mnist = IdxReader.ReadFolder(Folder);
        using var flow = new Flow<double>([new Logit<double>(D, Alpha, 0, 256)], new StandardNormal<double>(D));
        using var tape = new Engine.Tape<double>(flow.Backend, flow.Store) { RecordsGradients = false };
        foreach (Table table in (Table[])[mnist.Test, mnist.Validation, mnist.Train])
        {
            double sum = 0;
            const int block = 500;
            var x = new double[block * D];
            var logDet = new double[block];
            for (int start = 0; start < table.Rows; start += block)
            {
                for (int r = 0; r < block; r++) table.CopyRow(start + r, x.AsSpan(r * D, D));
                Dequantization.AddUniformNoise(x, 1, 0, (ulong)(start * D));
                tape.Reset();
                FlowStep step = flow.Forward(tape, tape.Input(x, block, D), new StepContext());
                tape.Read(step.LogAbsDet, logDet);
                sum += logDet.Sum();
            }
            Assert.InRange(sum / table.Rows, Expected(table) - 1.2, Expected(table) + 1.2);
        }
    }

    [SharedDataFact]
    public void A_full_covariance_Gaussian_gives_the_published_likelihood_on_test()
    {
        DataSet mnist = IdxReader.ReadFolder(Folder);
        using var backend = new SimdBackend<double>();
        var linear = new Linear<double>(D);
        using var flow = new Flow<double>([new Logit<double>(D, Alpha, 0, 256), linear], new StandardNormal<double>(D), 0, backend);

        // Closed form: W = L^-1 with covariance L L^T of the logits of the training rows, b = -W mean.
        double[] mean = new double[D], covariance = new double[D * D];
        const int block = 1000;
        var x = new double[block * D];
        unsafe
        {
            for (int start = 0; start < mnist.Train.Rows; start += block)
            {
                for (int r = 0; r < block; r++) mnist.Train.CopyRow(start + r, x.AsSpan(r * D, D));
                Dequantization.AddUniformNoise(x, 2, 0, (ulong)(start * D));
                double[] y = flow.InputOf(1, x);
                for (int i = 0; i < y.Length; i++) mean[i % D] += y[i];
                fixed (double* py = y, pc = covariance)
                    Gemm.Run(true, false, D, D, block, 1.0, py, D, py, D, true, pc, D);
            }
        }
        int n = mnist.Train.Rows;
        for (int i = 0; i < D; i++) mean[i] /= n;
        for (int i = 0; i < D; i++)
            for (int j = 0; j < D; j++) covariance[i * D + j] = covariance[i * D + j] / n - mean[i] * mean[j];
        Assert.Equal(-1, Cholesky.Factor<double>(covariance, D));
        var w = new double[D * D];
        for (int i = 0; i < D; i++) w[i * D + i] = 1;
        TriangularSolve.Left<double>(new Triangle(Lower: true), covariance, D, w, D);
        var b = new double[D];
        for (int i = 0; i < D; i++)
            for (int j = 0; j < D; j++) b[i] -= w[i * D + j] * mean[j];
        flow.Store.Write(linear.Site.Weight, w);
        flow.Store.Write(linear.Site.Bias, b);

        LikelihoodEvaluation test = LikelihoodEvaluation.Run(flow, mnist.Test, 1, key: 3);
        Assert.InRange(-test.Nats, 1093.0, 1095.0);
        Assert.Equal(2.013, test.BitsPerDim, 0.002);
    }

    /// <summary>E over u ~ U[0,1) of log dy/dx for y = logit(alpha + (1 - 2 alpha)(x + u)/256), by the integral of log, averaged over the rows.</summary>
    private static double Expected(Table table)
    {
        var perLevel = new double[256];
        double scale = (1 - 2 * Alpha) / 256;
        for (int v = 0; v < 256; v++)
        {
            double s0 = Alpha + scale * v, s1 = Alpha + scale * (v + 1);
            double Mean(double a, double b) => (b * Math.Log(b) - b - (a * Math.Log(a) - a)) / (b - a);
            perLevel[v] = Math.Log(scale) - Mean(s0, s1) - Mean(1 - s1, 1 - s0);
        }
        double sum = 0;
        var row = new double[D];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            foreach (double v in row) sum += perLevel[(int)v];
        }
        return sum / table.Rows;
    }
}
