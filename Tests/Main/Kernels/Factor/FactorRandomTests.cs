using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Residuals of random matrices of all sizes 1..130, in float and double, and the reference against the fast form.</summary>
public class FactorRandomTests
{
    private const int Largest = 130;

    [Fact]
    public void Lu_Double() => ForEach(CheckLu<double>);

    [Fact]
    public void Lu_Float() => ForEach(CheckLu<float>);

    [Fact]
    public void Cholesky_Double() => ForEach(CheckCholesky<double>);

    [Fact]
    public void Cholesky_Float() => ForEach(CheckCholesky<float>);

    [Fact]
    public void Triangular_Double() => ForEach(CheckTriangular<double>);

    [Fact]
    public void Triangular_Float() => ForEach(CheckTriangular<float>);

    [Fact]
    public void BitsDoNotDependOnThreads()
    {
        int n = 333, rhs = 70;
        float[] a = Mats.Random<float>(n, n, 11, diagonal: 1), spd = Mats.Spd<float>(n, 12), b = Mats.Random<float>(n, rhs, 13);
        float[][]? expected = null;
        foreach (int threads in new[] { 0, 1, 2, 3 })
        {
            using Workers? workers = threads == 0 ? null : new Workers(threads);
            float[] lu = [.. a], x = [.. b], xt = [.. b], rows = Mats.Transpose(b, n, rhs), inverse = new float[n * n], l = [.. spd], q = new float[n * n], r = new float[n * n];
            var pivots = new int[n];
            Lu.Factor(lu.AsSpan(), n, pivots, workers);
            Lu.Solve<float>(lu, n, pivots, x, rhs, workers);
            Lu.SolveTransposed<float>(lu, n, pivots, xt, rhs, workers);
            Lu.SolveRows<float>(lu, n, pivots, rows, rhs, workers);
            Lu.Inverse<float>(lu, n, pivots, inverse, workers);
            Cholesky.Factor(l.AsSpan(), n, workers);
            Qr.Factor<float>(a, n, n, q, r, workers);
            float[][] got = [lu, x, xt, rows, inverse, l, q, r];
            expected ??= got;
            for (int i = 0; i < got.Length; i++) Assert.True(got[i].AsSpan().SequenceEqual(expected[i]), $"result {i} with {threads} threads");
        }
    }

    private static void ForEach(Action<int> check)
    {
        for (int n = 1; n <= Largest; n += n < 70 ? 1 : 6) check(n);
        check(129);
        check(130);
        check(200);
        check(300);
    }

    private static void CheckLu<T>(int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double eps = Mats.Eps<T>();
        T[] a = Mats.Random<T>(n, n, 1, diagonal: 0.3), lu = [.. a];
        var pivots = new int[n];
        Assert.Equal(-1, Lu.Factor(lu.AsSpan(), n, pivots));

        // P^T A = L U, and no multiplier above one.
        T[] pa = [.. a];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) (pa[i * n + j], pa[pivots[i] * n + j]) = (pa[pivots[i] * n + j], pa[i * n + j]);
        T[] l = Mats.Part(lu, n, true, true), u = Mats.Part(lu, n, false, false);
        Mats.Close(Mats.Product(l, u, n, n, n), pa, 4 * n * eps, $"L U at {n}");
        Assert.All(l, x => Assert.True(T.Abs(x) <= T.One));

        T[] reference = [.. a];
        var referencePivots = new int[n];
        ReferenceFactor.Lu(reference.AsSpan(), n, referencePivots);
        double cond = Svd.ConditionNumber<T>(a, n), loose = 20 * n * eps * cond;
        if (typeof(T) == typeof(double))
        {
            Assert.Equal(referencePivots, pivots);
            Mats.Close(lu, reference, loose, $"reference LU at {n}");
        }

        // Backward error of a solve is independent of the condition.
        foreach (int rhs in new[] { 1, 2, 5, 17, 40 })
        {
            T[] b = Mats.Random<T>(n, rhs, 2), x = [.. b], at = Mats.Transpose(a, n, n);
            Lu.Solve<T>(lu, n, pivots, x, rhs);
            Residual(a, x, b, n, rhs, $"solve {n} {rhs}");
            x = [.. b];
            Lu.SolveTransposed<T>(lu, n, pivots, x, rhs);
            Residual(at, x, b, n, rhs, $"transposed {n} {rhs}");
            x = Mats.Transpose(b, n, rhs);
            Lu.SolveRows<T>(lu, n, pivots, x, rhs);
            Residual(a, Mats.Transpose(x, rhs, n), b, n, rhs, $"rows {n} {rhs}");
        }

        T[] inverse = new T[n * n], referenceInverse = new T[n * n];
        Lu.Inverse<T>(lu, n, pivots, inverse);
        ReferenceFactor.Inverse<T>(reference, n, referencePivots, referenceInverse);
        Mats.Close(Mats.Product(inverse, a, n, n, n), Mats.Identity<T>(n), loose, $"A^-1 A at {n}");
        Mats.Close(inverse, referenceInverse, loose, $"inverse against reference at {n}");

        double log = Lu.LogAbsDet<T>(lu, n, pivots, out int sign);
        double referenceLog = Lu.LogAbsDet<T>(reference, n, referencePivots, out int referenceSign);
        Assert.Equal(referenceSign, sign);
        Assert.True(Math.Abs(log - referenceLog) <= 10 * n * eps * cond, $"log|det| at {n}: {log} and {referenceLog}");

        // An estimate of the 1-norm condition: never above it, rarely far below.
        double norm = LuCondition.OneNorm<T>(a, n), exact = norm * LuCondition.OneNorm<T>(inverse, n);
        double estimate = LuCondition.Estimate<T>(lu, n, pivots, norm, new T[2 * n]);
        Assert.InRange(estimate, 0.3 * exact, exact * (1 + loose));
    }

    /// <summary>max |A x - b| against eps n (|A| |x| + |b|).</summary>
    private static void Residual<T>(T[] a, T[] x, T[] b, int n, int rhs, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double Max(T[] v) => v.Max(y => Math.Abs(double.CreateChecked(y)));
        double bound = 8 * n * Mats.Eps<T>() * (n * Max(a) * Max(x) + Max(b)), worst = 0;
        T[] ax = Mats.Product(a, x, n, rhs, n);
        for (int i = 0; i < b.Length; i++)
        {
            double error = Math.Abs(double.CreateChecked(ax[i]) - double.CreateChecked(b[i]));
            Assert.False(double.IsNaN(error), what);
            worst = Math.Max(worst, error);
        }

        Assert.True(worst <= bound, $"{what}: residual {worst:G3}, allowed {bound:G3}");
    }

    private static void CheckCholesky<T>(int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double eps = Mats.Eps<T>();
        T[] a = Mats.Spd<T>(n, 3), l = [.. a], reference = [.. a];
        // The upper triangle must not matter.
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++) l[i * n + j] = T.NaN;
        Assert.Equal(-1, Cholesky.Factor(l.AsSpan(), n));
        Assert.Equal(-1, ReferenceFactor.Cholesky(reference.AsSpan(), n));
        Mats.Close(Mats.Product(l, Mats.Transpose(l, n, n), n, n, n), a, 4 * n * eps, $"L L^T at {n}");
        Mats.Close(l, reference, 10 * n * eps, $"reference Cholesky at {n}");
        T[] b = Mats.Random<T>(n, 3, 4), x = [.. b];
        Cholesky.Solve<T>(l, n, x, 3);
        Residual(a, x, b, n, 3, $"Cholesky solve {n}");

        // Not positive definite from one diagonal element on: the index says which.
        int bad = n * 2 / 3;
        T[] broken = [.. a];
        broken[bad * n + bad] = -T.One;
        Assert.Equal(bad, ReferenceFactor.Cholesky([.. broken], n));
        Assert.Equal(bad, Cholesky.Factor(broken.AsSpan(), n));
    }

    private static void CheckTriangular<T>(int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (bool lower in new[] { false, true })
            foreach (bool unit in new[] { false, true })
                foreach (bool transpose in new[] { false, true })
                    foreach (int rhs in new[] { 1, 3, 9, 71 })
                    {
                        // Off-diagonal elements of 1/n keep the system well conditioned, so the error itself can be bounded.
                        T[] a = Mats.Random<T>(n, n, 5);
                        for (int i = 0; i < a.Length; i++) a[i] /= T.CreateChecked(n);
                        for (int i = 0; i < n; i++) a[i * n + i] += T.CreateChecked(1.5);
                        T[] op = Mats.Part(a, n, lower, unit);
                        if (transpose) op = Mats.Transpose(op, n, n);
                        // What must not be read.
                        for (int i = 0; i < n; i++)
                            for (int j = 0; j < n; j++)
                                if (i == j ? unit : lower == j > i) a[i * n + j] = T.NaN;
                        string what = $"lower {lower} unit {unit} transpose {transpose} n {n} rhs {rhs}";
                        T[] x = Mats.Random<T>(n, rhs, 6), b = Mats.Product(op, x, n, rhs, n);
                        TriangularSolve.Left<T>(new Triangle(lower, unit, transpose), a, n, b, rhs);
                        Mats.Close(b, x, 30 * Mats.Eps<T>() * Math.Sqrt(n), "left " + what);
                        x = Mats.Random<T>(rhs, n, 7);
                        b = Mats.Product(x, op, rhs, n, n);
                        TriangularSolve.Right<T>(new Triangle(lower, unit, transpose), a, n, b, rhs);
                        Mats.Close(b, x, 30 * Mats.Eps<T>() * Math.Sqrt(n), "right " + what);
                    }
    }
}
