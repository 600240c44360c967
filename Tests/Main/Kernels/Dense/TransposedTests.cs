using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TransposedTests
{
    [Theory]
    [InlineData(1, 1, 0, 1)]
    [InlineData(16, 16, 0, 16)]
    [InlineData(17, 33, 5, 20)]
    [InlineData(64, 48, 16, 32)]
    [InlineData(31, 70, 3, 67)]
    [InlineData(100, 15, 0, 15)]
    [InlineData(3, 100, 50, 0)]
    public void AddsTheTransposeOfSomeColumns(int rows, int cols, int first, int count)
    {
        Check<float>(rows, cols, first, count, 1e-6);
        Check<double>(rows, cols, first, count, 1e-15);
    }

    private static void Check<T>(int rows, int cols, int first, int count, double tolerance) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var random = new Random(3);
        T[] x = Draw<T>(random, rows * cols), y = Draw<T>(random, count * rows + 5), before = [.. y];
        Transposed.Add<T>(T.CreateTruncating(-1.5), x, rows, cols, first, count, y);
        for (int c = 0; c < count; c++)
            for (int r = 0; r < rows; r++)
            {
                double expected = double.CreateTruncating(before[c * rows + r]) - 1.5 * double.CreateTruncating(x[r * cols + first + c]);
                Assert.InRange(double.CreateTruncating(y[c * rows + r]), expected - tolerance, expected + tolerance);
            }
        Assert.Equal(before[(count * rows)..], y[(count * rows)..]);
    }

    [Fact]
    public void RefusesColumnsOutside()
        => Assert.Throws<ArgumentException>(() => Transposed.Add<float>(1, new float[12], 3, 4, 2, 3, new float[9]));

    private static T[] Draw<T>(Random random, int length) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        => [.. Enumerable.Range(0, length).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
}
