using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class VectorOpsTests
{
    private const int Guard = 16;

    [Fact]
    public void AllLengthsFloat() => AllLengths<float>(2e-6);

    [Fact]
    public void AllLengthsDouble() => AllLengths<double>(4e-15);

    private static void AllLengths<T>(double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int n = 0; n <= 257; n++)
        {
            T[] a = ElementwiseTests.Sample<T>(n, -2, 2, n), b = ElementwiseTests.Sample<T>(n, -2, 2, n + 1);
            T[] start = ElementwiseTests.Sample<T>(n, -2, 2, n + 2), wanted = new T[n];
            T[] buffer = new T[n + (2 * Guard)];
            T mark = T.CreateTruncating(777), scale = T.CreateTruncating(-1.7);
            Array.Fill(buffer, mark);
            Span<T> got = buffer.AsSpan(Guard, n);

            ReferenceVectorOps.Add<T>(a, b, wanted);
            VectorOps.Add(a, b, got);
            Close<T>(wanted, got, 0, "Add");
            ReferenceVectorOps.Subtract<T>(a, b, wanted);
            VectorOps.Subtract(a, b, got);
            Close<T>(wanted, got, 0, "Subtract");
            ReferenceVectorOps.Multiply<T>(a, b, wanted);
            VectorOps.Multiply(a, b, got);
            Close<T>(wanted, got, 0, "Multiply");
            ReferenceVectorOps.Scale(scale, a, wanted);
            VectorOps.Scale(scale, a, got);
            Close<T>(wanted, got, 0, "Scale");
            start.CopyTo(wanted, 0);
            start.CopyTo(got);
            ReferenceVectorOps.AddScaled(scale, a, wanted);
            VectorOps.AddScaled(scale, a, got);
            Close<T>(wanted, got, tolerance, "AddScaled");
            ReferenceVectorOps.AddProduct<T>(a, b, wanted);
            VectorOps.AddProduct(a, b, got);
            Close<T>(wanted, got, tolerance, "AddProduct");
            VectorOps.Fill(got, scale);
            ReferenceVectorOps.Fill(wanted, scale);
            Close<T>(wanted, got, 0, "Fill");
            for (int i = 0; i < Guard; i++) Assert.True(buffer[i] == mark && buffer[Guard + n + i] == mark, $"length {n} wrote outside");

            // Sums: relative to the sum of magnitudes, which is at most 4 n.
            double sums = tolerance * Math.Max(1, n);
            Close<T>([ReferenceVectorOps.Dot<T>(a, b), ReferenceVectorOps.Sum<T>(a), ReferenceVectorOps.SumSquares<T>(a)], [VectorOps.Dot<T>(a, b), VectorOps.Sum<T>(a), VectorOps.SumSquares<T>(a)], sums, $"sums of {n}");
            Close<T>([ReferenceVectorOps.MaxAbs<T>(a)], [VectorOps.MaxAbs<T>(a)], 0, $"MaxAbs of {n}");
        }
    }

    [Fact]
    public void SumsDoNotDependOnTheAddress()
    {
        float[] x = ElementwiseTests.Sample<float>(1000, -1, 1, 1), wide = new float[1100];
        float sum = VectorOps.Sum<float>(x), dot = VectorOps.Dot<float>(x, x);
        for (int shift = 0; shift < 33; shift++)
        {
            x.CopyTo(wide, shift);
            Assert.Equal(sum, VectorOps.Sum<float>(wide.AsSpan(shift, 1000)));
            Assert.Equal(dot, VectorOps.SumSquares<float>(wide.AsSpan(shift, 1000)));
        }
    }

    [Fact]
    public void NaNIsNeverLost()
    {
        for (int at = 0; at < 40; at++)
        {
            float[] x = ElementwiseTests.Sample<float>(40, -1, 1, 1), one = new float[1], row = new float[40];
            x[at] = float.NaN;
            Assert.True(float.IsNaN(VectorOps.Sum<float>(x)) && float.IsNaN(VectorOps.MaxAbs<float>(x)) && float.IsNaN(VectorOps.SumSquares<float>(x)));
            MatrixOps.RowLogSumExp<float>(x, one);
            MatrixOps.RowSoftmax<float>(x, 1, row);
            Assert.True(float.IsNaN(one[0]) && Array.TrueForAll(row, float.IsNaN), $"NaN at {at}");
        }
    }

    internal static void Close<T>(ReadOnlySpan<T> wanted, ReadOnlySpan<T> got, double tolerance, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < wanted.Length; i++)
        {
            double a = double.CreateTruncating(wanted[i]), b = double.CreateTruncating(got[i]);
            Assert.True(a == b || Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a)), $"{what}: element {i} of {wanted.Length} is {b}, the reference says {a}");
        }
    }
}
