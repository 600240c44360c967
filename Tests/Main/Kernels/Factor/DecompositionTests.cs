using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>QR, eigenvalues, singular values and matrix functions of random matrices.</summary>
public class DecompositionTests
{
    public static TheoryData<int, int> Shapes => new() { { 1, 1 }, { 2, 1 }, { 2, 2 }, { 5, 3 }, { 9, 9 }, { 17, 16 }, { 33, 20 }, { 64, 64 }, { 100, 31 }, { 130, 130 }, { 150, 70 } };

    public static TheoryData<int> Sizes => [1, 2, 3, 5, 8, 17, 33, 65];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Qr_And_Svd(int rows, int cols)
    {
        CheckQr<double>(rows, cols);
        CheckQr<float>(rows, cols);
        CheckSvd<double>(rows, cols);
        CheckSvd<float>(rows, cols);
    }

    [Fact]
    public void Qr_OfZeroAndOfOneColumn()
    {
        double[] q = new double[12], r = new double[9];
        Qr.Factor<double>(new double[12], 4, 3, q, r);
        Assert.All(r, x => Assert.Equal(0, x));
        Mats.Close(Mats.Product(Mats.Transpose(q, 4, 3), q, 3, 3, 4), Mats.Identity<double>(3), 1e-15, "Q of zero");
    }

    [Fact]
    public void Svd_OfRankOneCompletesU()
    {
        double[] a = new double[20], u = new double[20], s = new double[4], v = new double[16];
        for (int i = 0; i < 20; i++) a[i] = (i / 4 + 1) * (i % 4 == 2 ? 0 : i % 4 - 1.5);
        Svd.Decompose<double>(a, 5, 4, u, s, v);
        Assert.True(s[0] > 1 && s[1] <= 1e-15 * s[0], $"{s[0]} {s[1]}");
        a = new double[20];
        a[6] = -3;
        Svd.Decompose<double>(a, 5, 4, u, s, v);
        Assert.Equal([3, 0, 0, 0], s);
        Mats.Close(Mats.Product(Mats.Transpose(u, 5, 4), u, 4, 4, 5), Mats.Identity<double>(4), 1e-15, "U completed");
        Assert.Equal(double.PositiveInfinity, Svd.ConditionNumber<double>([1, 0, 0, 0], 2));
    }

    [Fact]
    public void Svd_KeepsTinySingularValues()
    {
        // Columns graded over 140 decades: only a one-sided method keeps each value's own digits.
        double[] grades = [1e100, 1, 1e-20, 1e-40], a = new double[16];
        for (int i = 0; i < 4; i++) a[i * 4 + i] = grades[i];
        a[1] = 1e-3;
        double[] s = new double[4];
        Svd.Values<double>(a, 4, 4, s);
        for (int i = 0; i < 4; i++) Assert.Equal(grades[i], s[i], grades[i] * 1e-14);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void SymmetricEigen_Random(int n)
    {
        CheckEigen<double>(n);
        CheckEigen<float>(n);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void RootAndLogarithm_Random(int n)
    {
        // Eigenvalues in a disc of the right half plane.
        double[] a = Mats.Random<double>(n, n, 11);
        for (int i = 0; i < a.Length; i++) a[i] /= Math.Sqrt(n);
        for (int i = 0; i < n; i++) a[i * n + i] += 2;
        double[] root = new double[n * n];
        MatrixSquareRoot.General<double>(a, n, root);
        Mats.Close(Mats.Product(root, root, n, n, n), a, 1e-12, $"root squared {n}");

        double[] log = new double[n * n], back = new double[n * n];
        MatrixLogarithm.Evaluate<double>(a, n, log);
        MatrixExponential.Evaluate<double>(log, n, back);
        Mats.Close(back, a, 1e-12, $"exp log {n}");

        double[] spd = Mats.Spd<double>(n, 12);
        MatrixSquareRoot.Symmetric<double>(spd, n, root);
        Mats.Close(Mats.Product(root, root, n, n, n), spd, 1e-13, $"symmetric root {n}");

        float[] single = [.. a.Select(x => (float)x)], singleRoot = new float[n * n], singleLog = new float[n * n];
        MatrixSquareRoot.General<float>(single, n, singleRoot);
        Mats.Close(Mats.Product(singleRoot, singleRoot, n, n, n), single, 2e-5, $"float root {n}");
        MatrixLogarithm.Evaluate<float>(single, n, singleLog);
        Mats.Close(singleLog, [.. log.Select(x => (float)x)], 2e-4, $"float log {n}");
    }

    [Fact]
    public void RootsThatDoNotExistAreRefused()
    {
        Assert.Throws<ArithmeticException>(() => MatrixSquareRoot.General<double>([-1, 0, 0, -2], 2, new double[4]));
        Assert.Throws<ArithmeticException>(() => MatrixSquareRoot.General<double>([1, 2, 2, 4], 2, new double[4]));
        Assert.Throws<ArithmeticException>(() => MatrixSquareRoot.Symmetric<double>([1, 0, 0, -1], 2, new double[4]));
        Assert.Throws<ArithmeticException>(() => SymmetricEigen.Decompose<double>([double.NaN], 1, new double[1], new double[1]));
        Assert.Throws<ArithmeticException>(() => MatrixExponential.Evaluate<double>([double.PositiveInfinity], 1, new double[1]));
    }

    [Theory]
    [InlineData(0.005)]
    [InlineData(0.1)]
    [InlineData(0.6)]
    [InlineData(1.5)]
    [InlineData(4)]
    [InlineData(30)]
    public void Exponential_AllDegrees(double norm)
    {
        int n = 7;
        double[] a = Mats.Random<double>(n, n, 13);
        double factor = norm / LuCondition.OneNorm<double>(a, n);
        for (int i = 0; i < a.Length; i++) a[i] *= factor;

        // Taylor of A / 2^12, squared 12 times, against the approximants.
        double[] small = [.. a.Select(x => x / 4096)], sum = Mats.Identity<double>(n), term = Mats.Identity<double>(n);
        for (int k = 1; k < 16; k++)
        {
            term = [.. Mats.Product(term, small, n, n, n).Select(x => x / k)];
            for (int i = 0; i < sum.Length; i++) sum[i] += term[i];
        }

        for (int k = 0; k < 12; k++) sum = Mats.Product(sum, sum, n, n, n);
        double[] result = new double[n * n];
        MatrixExponential.Evaluate<double>(a, n, result);
        Mats.Close(result, sum, 1e-11, $"exp at norm {norm}");
        float[] single = new float[n * n];
        MatrixExponential.Evaluate<float>([.. a.Select(x => (float)x)], n, single);
        Mats.Close([.. single.Select(x => (double)x)], sum, 3e-6 * Math.Max(1, norm), $"float exp at norm {norm}");

        // The derivative against central differences, and the gradient as its adjoint.
        double[] e = Mats.Random<double>(n, n, 14), g = Mats.Random<double>(n, n, 15), derivative = new double[n * n], gradient = new double[n * n];
        MatrixExponential.Derivative<double>(a, e, n, derivative);
        MatrixExponential.Gradient<double>(a, g, n, gradient);
        double left = 0, right = 0, size = 0;
        for (int i = 0; i < g.Length; i++)
        {
            left += g[i] * derivative[i];
            right += gradient[i] * e[i];
            size += Math.Abs(g[i] * derivative[i]);
        }

        Assert.Equal(left, right, 1e-12 * size);
        double h = 1e-5;
        double[] plus = new double[n * n], minus = new double[n * n];
        MatrixExponential.Evaluate<double>([.. a.Zip(e, (x, y) => x + h * y)], n, plus);
        MatrixExponential.Evaluate<double>([.. a.Zip(e, (x, y) => x - h * y)], n, minus);
        Mats.Close(derivative, [.. plus.Zip(minus, (x, y) => (x - y) / (2 * h))], 1e-8, $"derivative at norm {norm}");
    }

    private static void CheckQr<T>(int rows, int cols)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double bound = 4 * rows * Mats.Eps<T>();
        T[] a = Mats.Random<T>(rows, cols, 8), q = new T[rows * cols], r = new T[cols * cols];
        Qr.Factor<T>(a, rows, cols, q, r);
        Mats.Close(Mats.Product(q, r, rows, cols, cols), a, bound, $"Q R {rows}x{cols}");
        Mats.Close(Mats.Product(Mats.Transpose(q, rows, cols), q, cols, cols, rows), Mats.Identity<T>(cols), bound, $"Q^T Q {rows}x{cols}");
        for (int i = 0; i < cols; i++)
            for (int j = 0; j <= i; j++) Assert.True(i == j ? r[i * cols + j] >= T.Zero : T.IsZero(r[i * cols + j]));
    }

    private static void CheckSvd<T>(int rows, int cols)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double bound = 8 * rows * Mats.Eps<T>();
        T[] a = Mats.Random<T>(rows, cols, 9), u = new T[rows * cols], s = new T[cols], v = new T[cols * cols];
        Svd.Decompose<T>(a, rows, cols, u, s, v);
        Mats.Close(Mats.Product(Mats.Transpose(u, rows, cols), u, cols, cols, rows), Mats.Identity<T>(cols), bound, $"U^T U {rows}x{cols}");
        Mats.Close(Mats.Product(Mats.Transpose(v, cols, cols), v, cols, cols, cols), Mats.Identity<T>(cols), bound, $"V^T V {rows}x{cols}");
        for (int i = 0; i < u.Length; i++) u[i] *= s[i % cols];
        Mats.Close(Mats.Product(u, Mats.Transpose(v, cols, cols), rows, cols, cols), a, bound, $"U S V^T {rows}x{cols}");
        for (int i = 1; i < cols; i++) Assert.True(s[i] <= s[i - 1] && s[i] >= T.Zero);
    }

    private static void CheckEigen<T>(int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double bound = 8 * n * Mats.Eps<T>();
        T[] a = Mats.Random<T>(n, n, 10), w = new T[n], v = new T[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
        SymmetricEigen.Decompose<T>(a, n, w, v);
        Mats.Close(Mats.Product(Mats.Transpose(v, n, n), v, n, n, n), Mats.Identity<T>(n), bound, $"V^T V {n}");
        T[] scaled = [.. v];
        for (int i = 0; i < scaled.Length; i++) scaled[i] *= w[i % n];
        Mats.Close(Mats.Product(scaled, Mats.Transpose(v, n, n), n, n, n), a, bound, $"V w V^T {n}");
        for (int i = 1; i < n; i++) Assert.True(w[i] >= w[i - 1]);
        for (int j = 0; j < n; j++) Assert.True(Enumerable.Range(0, n).Select(i => v[i * n + j]).MaxBy(T.Abs) > T.Zero);
    }
}
