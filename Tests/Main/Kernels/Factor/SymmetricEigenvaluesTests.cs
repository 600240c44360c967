using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class SymmetricEigenvaluesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(100)]
    public void They_are_those_of_the_Jacobi_rotations(int n)
    {
        Check<double>(n, 1e-14);
        Check<float>(n, 1e-5f);
    }

    [Fact]
    public void Those_of_the_second_difference_matrix_are_known_in_closed_form()
    {
        const int n = 200;
        var a = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            a[i * n + i] = 2;
            if (i > 0) a[i * n + i - 1] = -1;
        }

        var values = new double[n];
        SymmetricEigenvalues.Compute<double>(a, n, values);
        for (int k = 0; k < n; k++) Assert.Equal(2 - 2 * Math.Cos((k + 1) * Math.PI / (n + 1)), values[k], 1e-14 * n);
    }

    [Fact]
    public void Equal_zero_and_negative_values_and_extreme_sizes_are_kept()
    {
        foreach (double size in (double[])[1, 1e200, 1e-200])
        {
            // A rotated diag(-3, 0, 0, 5, 5): H = I - 2 u u^T / |u|^2.
            double[] values = [-3, 0, 0, 5, 5], u = [1, 2, -1, 0.5, 3], a = new double[25], found = new double[5];
            double square = u.Sum(x => x * x);
            for (int i = 0; i < 5; i++)
                for (int j = 0; j < 5; j++)
                    for (int k = 0; k < 5; k++)
                        a[i * 5 + j] += size * values[k] * ((i == k ? 1 : 0) - 2 * u[i] * u[k] / square) * ((j == k ? 1 : 0) - 2 * u[j] * u[k] / square);
            SymmetricEigenvalues.Compute<double>(a, 5, found);
            for (int k = 0; k < 5; k++) Assert.Equal(values[k], found[k] / size, 1e-14);
        }

        double[] none = new double[9], zeros = [7, 7, 7];
        SymmetricEigenvalues.Compute<double>(none, 3, zeros);
        Assert.Equal([0, 0, 0], zeros);
    }

    [Fact]
    public void What_is_no_number_is_refused_and_the_upper_triangle_never_read()
    {
        Assert.Contains("element 1,0", Assert.Throws<ArithmeticException>(() => SymmetricEigenvalues.Compute<double>([1, 0, double.NaN, 1], 2, new double[2])).Message, StringComparison.Ordinal);
        var values = new double[2];
        SymmetricEigenvalues.Compute<double>([2, double.NaN, 1, 2], 2, values);
        Assert.Equal(1, values[0], 1e-15);
        Assert.Equal(3, values[1], 1e-15);
        Assert.Throws<ArgumentException>(() => SymmetricEigenvalues.Compute<double>(new double[3], 2, new double[2]));
    }

    private static void Check<T>(int n, T bound) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] a = Mats.Random<T>(n, n, 17), expected = new T[n], values = new T[n];
        SymmetricEigen.Decompose<T>(a, n, expected, new T[n * n]);
        SymmetricEigenvalues.Compute<T>(a, n, values);
        T scale = T.Max(T.Abs(expected[0]), T.Abs(expected[^1])) * T.CreateChecked(Math.Max(n, 8));
        for (int k = 0; k < n; k++) Assert.True(T.Abs(values[k] - expected[k]) <= bound * scale, $"n {n}, eigenvalue {k}: {values[k]} instead of {expected[k]}");
    }
}
