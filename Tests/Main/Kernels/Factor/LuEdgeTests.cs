using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Singular matrices, batches, gradients, messages, memory.</summary>
public class LuEdgeTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(40, 17)]
    [InlineData(64, 63)]
    [InlineData(65, 40)]
    [InlineData(100, 0)]
    [InlineData(130, 129)]
    public void ZeroColumnIsReportedAndTheRestFactored(int n, int zero)
    {
        double[] a = Mats.Random<double>(n, n, 20);
        for (int i = 0; i < n; i++) a[i * n + zero] = 0;
        double[] lu = [.. a], reference = [.. a];
        int[] pivots = new int[n], referencePivots = new int[n];
        Assert.Equal(zero, Lu.Factor(lu.AsSpan(), n, pivots));
        Assert.Equal(zero, ReferenceFactor.Lu(reference.AsSpan(), n, referencePivots));
        Assert.Equal(referencePivots, pivots);
        Mats.Close(lu, reference, 1e-9, "factors of a singular matrix");
        Assert.Equal(double.NegativeInfinity, Lu.LogAbsDet<double>(lu, n, pivots, out int sign));
        Assert.Equal(0, sign);
        Assert.Equal(double.PositiveInfinity, LuCondition.Estimate<double>(lu, n, pivots, 1, new double[2 * n]));
    }

    [Fact]
    public void NaNShows()
    {
        for (int at = 0; at < 9; at++)
        {
            double[] a = [4, 1, 2, 1, 5, 3, 2, 1, 6];
            a[at] = double.NaN;
            var pivots = new int[3];
            Lu.Factor(a.AsSpan(), 3, pivots);
            Assert.True(double.IsNaN(Lu.LogAbsDet<double>(a, 3, pivots, out _)), $"NaN at {at}");
        }
    }

    [Fact]
    public void BatchEqualsOneByOne_Float() => Batches<float>();

    [Fact]
    public void BatchEqualsOneByOne_Double() => Batches<double>();

    private static void Batches<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (int n in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 32, 33 })
        {
            // More than two vectors of matrices and some over; one is singular and one has a NaN.
            int count = 37, stride = n * n + 9, rhs = n % 3 + 1, strideB = n * rhs + 2;
            T[] a = Mats.Random<T>(count, stride, 21), b = Mats.Random<T>(count, strideB, 22);
            for (int i = 0; i < n; i++) a[2 * stride + i * n + n / 2] = T.Zero;
            a[3 * stride + n - 1] = T.NaN;
            T[] expected = [.. a], x = [.. b];
            int[] one = new int[n], expectedPivots = new int[count * n], expectedZeros = new int[count];
            for (int i = 0; i < count; i++)
            {
                expectedZeros[i] = Lu.Factor(expected.AsSpan(i * stride, n * n), n, one);
                one.CopyTo(expectedPivots, i * n);
                Lu.Solve<T>(expected.AsSpan(i * stride, n * n), n, one, x.AsSpan(i * strideB, n * rhs), rhs);
            }

            Assert.Equal(n / 2, expectedZeros[2]);
            foreach (int threads in new[] { 0, 1, 2 })
            {
                T[] lu = [.. a], solved = [.. b];
                int[] pivots = new int[count * n], zeros = new int[count];
                using Workers? workers = threads == 0 ? null : new Workers(threads);
                Lu.FactorBatched<T>(lu, n, count, stride, pivots, zeros, workers);
                Assert.Equal(expectedZeros, zeros);
                Assert.Equal(expectedPivots, pivots);
                // The gaps between the matrices are equal too: nobody wrote there.
                Assert.Equal(expected, lu);
                Lu.SolveBatched<T>(lu, n, count, stride, pivots, solved, rhs, strideB, workers);
                for (int i = 0; i < count; i++) CheckSolution<T>(a.AsSpan(i * stride, n * n), n, n * rhs, i is 2 or 3, x.AsSpan(i * strideB, strideB), solved.AsSpan(i * strideB, strideB));
            }
        }
    }

    private static void CheckSolution<T>(ReadOnlySpan<T> a, int n, int length, bool broken, Span<T> expected, Span<T> solved)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double scale = 0, bound = broken ? 0 : 4 * n * Mats.Eps<T>() * Svd.ConditionNumber(a, n);
        foreach (T value in expected[..length]) scale = Math.Max(scale, double.CreateChecked(T.Abs(value)));
        for (int i = 0; i < expected.Length; i++)
            if (i >= length) Assert.Equal(expected[i], solved[i]);
            else if (broken) Assert.Equal(T.IsFinite(expected[i]), T.IsFinite(solved[i]));
            else Assert.True(Math.Abs(double.CreateChecked(solved[i] - expected[i])) <= bound * scale, $"{typeof(T).Name} n {n}: {solved[i]} and {expected[i]}");
    }

    [Theory]
    [InlineData(6)]
    [InlineData(70)]
    public void GradientsAgreeWithDifferences(int n)
    {
        int rhs = 3;
        double[] a = Mats.Random<double>(n, n, 22, diagonal: n / 3.0), b = Mats.Random<double>(n, rhs, 23), g = Mats.Random<double>(n, rhs, 24);
        double[] direction = Mats.Random<double>(n, n, 25), gi = Mats.Random<double>(n, n, 26);
        double[] lu = [.. a], x = [.. b], inverse = new double[n * n];
        var pivots = new int[n];
        Lu.Factor(lu.AsSpan(), n, pivots);
        Lu.Solve<double>(lu, n, pivots, x, rhs);
        Lu.Inverse<double>(lu, n, pivots, inverse);

        double[] gradLog = new double[n * n], gradInverse = new double[n * n], gradA = new double[n * n], gradB = new double[n * rhs];
        LuGradient.LogAbsDet(inverse, n, 2.5, gradLog);
        LuGradient.Inverse<double>(inverse, gi, n, gradInverse);
        LuGradient.Solve<double>(lu, n, pivots, x, g, rhs, gradA, gradB);
        Directional(a, direction, n, gradLog, m => 2.5 * LogDet(m, n));
        Directional(a, direction, n, gradInverse, m => Dot(gi, Inverse(m, n)));
        Directional(a, direction, n, gradA, m => Dot(g, Solve(m, b, n, rhs)));
        Directional(b, Mats.Random<double>(n, rhs, 27), n, gradB, v => Dot(g, Solve(a, v, n, rhs)));

        double[] spd = Mats.Spd<double>(n, 28), l = [.. spd], symmetric = [.. direction], gradSpd = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) symmetric[j * n + i] = symmetric[i * n + j];
        Cholesky.Factor(l.AsSpan(), n);
        Cholesky.Gradient<double>(l, gi, n, gradSpd);
        Directional(spd, symmetric, n, gradSpd, m =>
        {
            double[] factor = [.. m];
            Cholesky.Factor(factor.AsSpan(), n);
            return Dot(gi, factor);
        });

        // Accumulating adds to what is there.
        double[] twice = [.. gradInverse];
        LuGradient.Inverse<double>(inverse, gi, n, twice, accumulate: true);
        Mats.Close(twice, [.. gradInverse.Select(v => 2 * v)], 1e-14, "accumulate inverse");
        twice = [.. gradLog];
        LuGradient.LogAbsDet(inverse, n, 2.5, twice, accumulate: true);
        Mats.Close(twice, [.. gradLog.Select(v => 2 * v)], 1e-14, "accumulate log-det");
        twice = [.. gradSpd];
        Cholesky.Gradient<double>(l, gi, n, twice, accumulate: true);
        Mats.Close(twice, [.. gradSpd.Select(v => 2 * v)], 1e-14, "accumulate Cholesky");
    }

    [Fact]
    public void ShortSpansAreNamed()
    {
        var e = Assert.Throws<ArgumentException>(() => Lu.Factor(new double[8].AsSpan(), 3, new int[3]));
        Assert.Contains("Lu.Factor: a has 8 elements, a 3x3 matrix needs 9.", e.Message);
        e = Assert.Throws<ArgumentException>(() => Lu.Factor(new double[9].AsSpan(), 3, new int[2]));
        Assert.Contains("pivots has 2 elements, 3 are needed", e.Message);
        e = Assert.Throws<ArgumentException>(() => Lu.Solve<double>(new double[9], 3, [0, 1, 7], new double[3], 1));
        Assert.Contains("pivots[2] is 7", e.Message);
        e = Assert.Throws<ArgumentException>(() => Lu.Solve<double>(new double[9], 3, [0, 1, 2], new double[5], 2));
        Assert.Contains("5 elements, a 3x2 matrix needs 6", e.Message);
        Assert.Throws<ArgumentException>(() => Lu.FactorBatched<double>(new double[17], 3, 2, 9, new int[6], new int[2]));
        Assert.Throws<ArgumentException>(() => Lu.FactorBatched<double>(new double[100], 3, 2, 8, new int[6], new int[2]));
        Assert.Throws<ArgumentException>(() => Cholesky.Factor(new double[3].AsSpan(), 2));
        Assert.Throws<ArgumentException>(() => Qr.Factor<double>(new double[6], 2, 3, new double[6], new double[9]));
        Assert.Throws<ArgumentException>(() => RowReductions.Sum<double>(new double[5], 2, 3, new double[2]));
    }

    [Fact]
    public void EmptyMatricesAreFine()
    {
        Assert.Equal(-1, Lu.Factor(Span<double>.Empty, 0, []));
        Assert.Equal(0, Lu.LogAbsDet<double>([], 0, [], out int sign));
        Assert.Equal(1, sign);
        Assert.Equal(-1, Cholesky.Factor(Span<double>.Empty, 0));
        Lu.Inverse<double>([], 0, [], []);
        MatrixExponential.Evaluate<double>([], 0, []);
    }

    [Fact]
    public void NothingIsAllocated()
    {
        int n = 100;
        float[] a = Mats.Random<float>(n, n, 30, diagonal: 3), lu = new float[n * n], inverse = new float[n * n], b = new float[n * 7], spd = Mats.Spd<float>(n, 31), scratch = new float[2 * n];
        int[] pivots = new int[n], zeros = new int[4], small = new int[4 * 50];
        using var workers = new Workers(2);
        double sum = 0;
        void Once()
        {
            a.CopyTo(lu, 0);
            Lu.Factor(lu.AsSpan(), n, pivots);
            sum += Lu.LogAbsDet<float>(lu, n, pivots, out _);
            Lu.Solve<float>(lu, n, pivots, b, 7);
            Lu.SolveTransposed<float>(lu, n, pivots, b, 7);
            Lu.SolveRows<float>(lu, n, pivots, b, 7);
            Lu.Inverse<float>(lu, n, pivots, inverse);
            LuGradient.Inverse<float>(inverse, a, n, lu);
            sum += LuCondition.Estimate<float>(lu, n, pivots, 1, scratch);
            spd.CopyTo(lu, 0);
            Cholesky.Factor(lu.AsSpan(), n);
            sum += Cholesky.LogDet<float>(lu, n);
            Cholesky.Solve<float>(lu, n, b, 7);
            MatrixExponential.Gradient<float>(a, spd, n, inverse);
            a.CopyTo(lu, 0);
            Lu.FactorBatched<float>(lu, 50, 4, 2500, small, zeros, workers);
        }

        Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 3; i++) Once();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(0, sum);
    }

    private static void Directional(double[] at, double[] direction, int n, double[] gradient, Func<double[], double> f)
    {
        double h = 1e-5, slope = Dot(gradient, direction), scale = gradient.Zip(direction, (x, y) => Math.Abs(x * y)).Sum();
        double difference = (f([.. at.Zip(direction, (x, y) => x + h * y)]) - f([.. at.Zip(direction, (x, y) => x - h * y)])) / (2 * h);
        Assert.True(Math.Abs(slope - difference) <= 1e-7 * scale, $"n {n}: slope {slope:R}, difference {difference:R}, scale {scale:G3}");
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (p, q) => p * q).Sum();

    private static double LogDet(double[] a, int n)
    {
        double[] lu = [.. a];
        var pivots = new int[n];
        ReferenceFactor.Lu(lu.AsSpan(), n, pivots);
        return Lu.LogAbsDet<double>(lu, n, pivots, out _);
    }

    private static double[] Inverse(double[] a, int n) => Solve(a, Mats.Identity<double>(n), n, n);

    private static double[] Solve(double[] a, double[] b, int n, int rhs)
    {
        double[] lu = [.. a], x = [.. b];
        var pivots = new int[n];
        ReferenceFactor.Lu(lu.AsSpan(), n, pivots);
        ReferenceFactor.Solve<double>(lu, n, pivots, x, rhs);
        return x;
    }
}
