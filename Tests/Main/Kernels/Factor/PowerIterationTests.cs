using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The largest singular value by power iteration against the singular value decomposition.</summary>
public sealed class PowerIterationTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 7)]
    [InlineData(7, 1)]
    [InlineData(5, 3)]
    [InlineData(20, 33)]
    [InlineData(40, 600)]
    public void FindsTheLargestSingularValueAndItsVectors(int rows, int cols)
    {
        var random = new PhiloxNormals(4);
        double[] w = random.Take(rows * cols), u = random.Take(rows), v = new double[cols];
        double sigma = PowerIteration.Run<double>(w, rows, cols, u, v, 100_000, 1e-13);
        Assert.Equal(Largest(w, rows, cols), sigma, 1e-12 * sigma);
        Vectors(w, rows, cols, u, v, sigma, 1e-11);
        float[] single = Array.ConvertAll(w, x => (float)x), us = Array.ConvertAll(random.Take(rows), x => (float)x), vs = new float[cols];
        Assert.Equal(sigma, PowerIteration.Run<float>(single, rows, cols, us, vs, 100_000, 1e-6), 1e-5 * sigma);
    }

    [Fact]
    public void WaitsForTheVectorsWhereTheGapIsSmall()
    {
        // Singular values 1 and 0.999: the last change is 500 times smaller than the error left.
        double[] w = [1, 0, 0, 0.999], u = [1, 1], v = new double[2];
        PowerIteration.Run<double>(w, 2, 2, u, v, 100_000, 1e-8);
        Assert.Equal(1, v[0], 1e-8);
        Assert.InRange(Math.Abs(v[1]), 0, 1.1e-8);
    }

    [Fact]
    public void OneStepIsOneStep()
    {
        double[] w = [2, 0, 0, 1], u = [1, 1], v = new double[2];
        double sigma = PowerIteration.Run<double>(w, 2, 2, u, v, 1, 0);
        Assert.Equal([2 / Math.Sqrt(5), 1 / Math.Sqrt(5)], v, (a, b) => Math.Abs(a - b) < 1e-15);
        Assert.Equal(Math.Sqrt(17.0 / 5), sigma, 1e-15);
    }

    [Fact]
    public void ZerosAndNaNEndAtOnce()
    {
        double[] u = [1, 1], v = new double[2];
        Assert.Equal(0, PowerIteration.Run<double>(new double[4], 2, 2, u, v, int.MaxValue, 1e-12));
        u = [1, 1];
        Assert.True(double.IsNaN(PowerIteration.Run<double>([1, double.NaN, 0, 1], 2, 2, u, v, int.MaxValue, 1e-12)));
    }

    private static double Largest(double[] w, int rows, int cols)
    {
        int n = Math.Min(rows, cols);
        double[] gram = new double[n * n], values = new double[n], vectors = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int k = 0; k < Math.Max(rows, cols); k++)
                    gram[(i * n) + j] += rows <= cols ? w[(i * cols) + k] * w[(j * cols) + k] : w[(k * cols) + i] * w[(k * cols) + j];
        SymmetricEigen.Decompose<double>(gram, n, values, vectors);
        return Math.Sqrt(values[^1]);
    }

    // W v = sigma u and W^T u = sigma v.
    private static void Vectors(double[] w, int rows, int cols, double[] u, double[] v, double sigma, double tolerance)
    {
        for (int i = 0; i < rows; i++) Assert.Equal(sigma * u[i], Enumerable.Range(0, cols).Sum(j => w[(i * cols) + j] * v[j]), tolerance * sigma);
        for (int j = 0; j < cols; j++) Assert.Equal(sigma * v[j], Enumerable.Range(0, rows).Sum(i => w[(i * cols) + j] * u[i]), tolerance * sigma);
    }
}
