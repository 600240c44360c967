using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Small dense matrices for oracles: plain loops on arrays, sharing no code with the kernels.</summary>
internal static class Dense
{
    public static double[] Multiply(double[] a, double[] b, int m, int k, int n)
    {
        var c = new double[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p < k; p++) c[i * n + j] += a[i * k + p] * b[p * n + j];
        return c;
    }

    public static double[] Transpose(double[] a, int rows, int cols)
    {
        var t = new double[a.Length];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) t[j * rows + i] = a[i * cols + j];
        return t;
    }

    public static double[] Add(double[] a, double[] b, double scale = 1) => [.. a.Select((v, i) => v + scale * b[i])];

    public static double[] Identity(int n)
    {
        var identity = new double[n * n];
        for (int i = 0; i < n; i++) identity[(i * n) + i] = 1;
        return identity;
    }

    public static double[] Scale(double[] a, double s) => [.. a.Select(v => s * v)];

    /// <summary>Inverse and log|det| by Gauss-Jordan with pivoting.</summary>
    public static (double[] Inverse, double LogAbsDet) Invert(double[] a, int n)
    {
        double[] m = [.. a], inv = new double[n * n];
        for (int i = 0; i < n; i++) inv[i * n + i] = 1;
        double log = 0;
        for (int c = 0; c < n; c++)
        {
            int p = c;
            for (int r = c + 1; r < n; r++) if (Math.Abs(m[r * n + c]) > Math.Abs(m[p * n + c])) p = r;
            for (int j = 0; j < n; j++)
            {
                (m[c * n + j], m[p * n + j]) = (m[p * n + j], m[c * n + j]);
                (inv[c * n + j], inv[p * n + j]) = (inv[p * n + j], inv[c * n + j]);
            }
            double d = m[c * n + c];
            log += Math.Log(Math.Abs(d));
            for (int j = 0; j < n; j++) { m[c * n + j] /= d; inv[c * n + j] /= d; }
            for (int r = 0; r < n; r++)
            {
                if (r == c) continue;
                double f = m[r * n + c];
                for (int j = 0; j < n; j++) { m[r * n + j] -= f * m[c * n + j]; inv[r * n + j] -= f * inv[c * n + j]; }
            }
        }
        return (inv, log);
    }

    /// <summary>A seeded, well-conditioned, non-symmetric matrix.</summary>
    public static double[] Random(ulong seed, int rows, int cols, double scale = 1, bool addIdentity = false)
    {
        var a = new double[rows * cols];
        RandomFill.Gaussian<double>(seed, 0, 0, a);
        for (int i = 0; i < a.Length; i++) a[i] *= scale;
        if (addIdentity) for (int i = 0; i < rows; i++) a[i * cols + i] += 1;
        return a;
    }

    /// <summary>Fails unless max |a - b| is within tolerance of the largest |b| (floor 1e-3).</summary>
    public static void Close(string what, double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1e-3, expected.Length == 0 ? 0 : expected.Max(Math.Abs)), worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]) / scale;
            if (!(error <= worst)) worst = error;
        }
        Assert.True(worst <= tolerance, $"{what}: relative error {worst:E2}, allowed {tolerance:E2}");
    }
}
