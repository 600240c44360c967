using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TransposedTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(16, 16, 16, 16)]
    [InlineData(17, 33, 40, 20)]
    [InlineData(64, 48, 50, 70)]
    [InlineData(31, 67, 70, 31)]
    [InlineData(100, 15, 15, 101)]
    [InlineData(3, 0, 50, 3)]
    public void AddsTheTransposeOfABlock(int rows, int cols, int xStride, int yStride)
    {
        Check<float>(rows, cols, xStride, yStride, 1e-6);
        Check<double>(rows, cols, xStride, yStride, 1e-15);
    }

    private static void Check<T>(int rows, int cols, int xStride, int yStride, double tolerance) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var random = new Random(3);
        T[] x = Draw<T>(random, rows * xStride), y = Draw<T>(random, cols * yStride + 5), before = [.. y];
        Transposed.Add<T>(T.CreateTruncating(-1.5), x, xStride, rows, cols, y, yStride);
        for (int i = 0; i < y.Length; i++)
        {
            int c = i / yStride, r = i % yStride;
            double expected = double.CreateTruncating(before[i]);
            if (c < cols && r < rows) expected -= 1.5 * double.CreateTruncating(x[r * xStride + c]);
            Assert.InRange(double.CreateTruncating(y[i]), expected - tolerance, expected + tolerance);
        }
    }

    [Theory]
    [InlineData(3, 4, 3, 3, 12, 12)]
    [InlineData(3, 4, 4, 2, 12, 12)]
    [InlineData(3, 4, 4, 3, 11, 12)]
    [InlineData(3, 4, 4, 3, 12, 11)]
    public void RefusesWhatDoesNotFit(int rows, int cols, int xStride, int yStride, int xLength, int yLength)
        => Assert.Throws<ArgumentException>(() => Transposed.Add<float>(1, new float[xLength], xStride, rows, cols, new float[yLength], yStride));

    private static T[] Draw<T>(Random random, int length) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        => [.. Enumerable.Range(0, length).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))];
}
