using System.Numerics;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Small matrices for the tests of the factorisations: random ones from fixed seeds, plain products, distances.</summary>
internal static class Mats
{
    public static T[] Random<T>(int rows, int cols, int seed, double diagonal = 0)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed * 7919 + rows * 131 + cols);
        var a = new T[rows * cols];
        for (int i = 0; i < a.Length; i++) a[i] = T.CreateChecked(2 * random.NextDouble() - 1);
        for (int i = 0; i < Math.Min(rows, cols); i++) a[i * cols + i] += T.CreateChecked(diagonal);
        return a;
    }

    /// <summary>B B^T / n + I.</summary>
    public static T[] Spd<T>(int n, int seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] b = Random<T>(n, n, seed), a = Product(b, Transpose(b, n, n), n, n, n);
        for (int i = 0; i < a.Length; i++) a[i] = a[i] / T.CreateChecked(n) + (i % (n + 1) == 0 ? T.One : T.Zero);
        return a;
    }

    public static T[] Product<T>(T[] a, T[] b, int m, int n, int k)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var c = new T[m * n];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int p = 0; p < k; p++) sum += double.CreateChecked(a[i * k + p]) * double.CreateChecked(b[p * n + j]);
                c[i * n + j] = T.CreateChecked(sum);
            }

        return c;
    }

    public static T[] Transpose<T>(T[] a, int rows, int cols)
        where T : unmanaged
    {
        var b = new T[a.Length];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) b[j * rows + i] = a[i * cols + j];
        return b;
    }

    public static T[] Identity<T>(int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var a = new T[n * n];
        for (int i = 0; i < n; i++) a[i * n + i] = T.One;
        return a;
    }

    /// <summary>The lower triangle with its diagonal (or ones), or the upper one.</summary>
    public static T[] Part<T>(T[] a, int n, bool lower, bool unit)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var b = new T[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                if (i == j) b[i * n + j] = unit ? T.One : a[i * n + j];
                else if (lower == i > j) b[i * n + j] = a[i * n + j];
        return b;
    }

    public static double Eps<T>()
        where T : unmanaged, IFloatingPointIeee754<T> => double.CreateChecked(T.BitIncrement(T.One) - T.One);

    /// <summary>Fails unless max |a - b| is at most bound max(1, max |b|); NaN fails.</summary>
    public static void Close<T>(T[] actual, T[] expected, double bound, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = 1;
        foreach (T value in expected) scale = Math.Max(scale, Math.Abs(double.CreateChecked(value)));
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs(double.CreateChecked(actual[i]) - double.CreateChecked(expected[i]));
            Assert.True(error <= bound * scale, $"{what}: element {i} is {actual[i]}, expected {expected[i]}; error {error:G3}, allowed {bound * scale:G3}.");
        }
    }
}
