using System.Numerics;
using System.Runtime.InteropServices;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed unsafe class GemvTests
{
    [Fact]
    public void ShapesFloat() => Shapes<float>();

    [Fact]
    public void ShapesDouble() => Shapes<double>();

    private static void Shapes<T>() where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int n = 0; n <= 257; n++)
        {
            Check<T>(n % 7 + 1, n, n, 1, 1, 1, false, n);
            Check<T>(n, n % 9 + 1, n % 9 + 1 + n % 3, 1, 1, 1, true, n);
            Check<T>(n, 257 - n, 257 - n + n % 5, 1 + n % 2, 1 + n % 3, 0.5, n % 2 == 0, n);
        }

        foreach (int n in (int[])[64, 80, 100, 129, 200])
            foreach (int pad in (int[])[0, 1, 2, 4, 8, 16])
                Check<T>(n, n, n + pad, 1, 1, -1, true, pad);
    }

    /// <summary>Both directions against the naive product; what lies around y stays, and everything around the matrix is NaN.</summary>
    private static void Check<T>(int rows, int cols, int ldw, int incX, int incY, double factor, bool accumulate, int offset)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(rows * 300 + cols);
        T[] w = new T[rows * ldw + 64];
        Array.Fill(w, T.NaN);
        int start = offset % 17;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) w[start + i * ldw + j] = T.CreateChecked(2 * random.NextDouble() - 1);
        foreach (bool transpose in new[] { false, true })
        {
            int inputs = transpose ? rows : cols, outputs = transpose ? cols : rows;
            T[] x = Draw<T>(random, inputs * incX + 1), y = Draw<T>(random, outputs * incY + 1), old = [.. y];
            T alpha = T.CreateChecked(factor), unit = T.BitIncrement(T.One) - T.One;
            fixed (T* pw = w, px = x, py = y)
                Gemv.Run(transpose, rows, cols, alpha, pw + start, ldw, px, incX, accumulate, py, incY);
            for (int i = 0; i < y.Length; i++)
            {
                string what = $"{typeof(T).Name} {rows}x{cols} ld {ldw} transpose {transpose} accumulate {accumulate} inc {incX},{incY} at {i}";
                if (i % incY != 0 || i / incY >= outputs)
                {
                    Assert.True(y[i] == old[i], what + ": overwritten");
                    continue;
                }

                double sum = 0, size = 1;
                for (int p = 0; p < inputs; p++)
                {
                    double term = double.CreateChecked(transpose ? w[start + p * ldw + i / incY] : w[start + i / incY * ldw + p]) * double.CreateChecked(x[p * incX]);
                    sum += term;
                    size += Math.Abs(term);
                }

                double wanted = factor * sum + (accumulate ? double.CreateChecked(old[i]) : 0);
                double bound = double.CreateChecked(unit) * (2 + Math.Sqrt(inputs) + inputs / 8.0) * size;
                Assert.True(Math.Abs(double.CreateChecked(y[i]) - wanted) <= bound, $"{what}: {y[i]}, expected {wanted}");
            }
        }
    }

    private static T[] Draw<T>(Random random, int n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new T[n];
        for (int i = 0; i < n; i++) x[i] = T.CreateChecked(2 * random.NextDouble() - 1);
        return x;
    }

    [Theory]
    [InlineData(784, 784, 784)]
    [InlineData(1001, 777, 779)]
    [InlineData(96, 9000, 9004)]
    [InlineData(9000, 96, 97)]
    public void BitsDependOnNeitherThreadsNorAddresses(int rows, int cols, int ldw)
    {
        var random = new Random(5);
        float[] values = Draw<float>(random, rows * ldw), x = Draw<float>(random, Math.Max(rows, cols));
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)(values.Length + 64) * sizeof(float), 64);
        try
        {
            foreach (bool transpose in new[] { false, true })
            {
                float[]? expected = null;
                foreach (int threads in new[] { 0, 1, 2, 3 })
                    foreach (int shift in new[] { 0, 1, 5, 8 })
                    {
                        using Workers? workers = threads == 0 ? null : new Workers(threads);
                        values.CopyTo(new Span<float>(memory + shift, values.Length));
                        float[] y = new float[transpose ? cols : rows];
                        fixed (float* px = x, py = y) Gemv.Run(transpose, rows, cols, 1, memory + shift, ldw, px, 1, false, py, 1, workers);
                        expected ??= y;
                        Assert.True(y.AsSpan().SequenceEqual(expected), $"transpose {transpose}, {threads} threads, shifted by {shift}");
                    }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>The masked ends of a row let nothing of its neighbours in.</summary>
    [Fact]
    public void InfinitiesStayInTheirRow()
    {
        int n = 37;
        float[] w = new float[n * n], x = Draw<float>(new Random(1), n), y = new float[n];
        Array.Fill(w, 1f);
        w[5 * n + 36] = float.PositiveInfinity;
        w[9 * n] = float.NaN;
        fixed (float* pw = w, px = x, py = y) Gemv.Run(false, n, n, 1, pw, n, px, 1, false, py, 1);
        for (int i = 0; i < n; i++)
            Assert.Equal(i == 5 ? (x[36] > 0 ? float.PositiveInfinity : float.NegativeInfinity) : i == 9 ? float.NaN : y[0], y[i]);
        fixed (float* pw = w, px = x, py = y) Gemv.Run(true, n, n, 1, pw, n, px, 1, false, py, 1);
        for (int i = 0; i < n; i++)
            Assert.Equal(i == 36 ? (x[5] > 0 ? float.PositiveInfinity : float.NegativeInfinity) : i == 0 ? float.NaN : y[1], y[i]);
    }

    [Fact]
    public void NothingIsAllocatedAndNegativeSizesAreRefused()
    {
        float[] w = Draw<float>(new Random(2), 1000 * 700), x = new float[1000], y = new float[1000];
        using var workers = new Workers(2);
        fixed (float* pw = w, px = x, py = y)
        {
            float* a = pw, b = px, c = py;
            void Once()
            {
                Gemv.Run(false, 1000, 700, 1, a, 700, b, 1, true, c, 1, workers);
                Gemv.Run(true, 1000, 700, 1, a, 700, b, 1, true, c, 1, workers);
            }

            Once();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 3; i++) Once();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Throws<ArgumentException>(() => Gemv.Run(false, -1, 700, 1, a, 700, b, 1, true, c, 1));
        }
    }
}
