using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class MatrixOpsTests
{
    [Fact]
    public void ShapesFloat() => Shapes<float>(3e-6);

    [Fact]
    public void ShapesDouble() => Shapes<double>(5e-15);

    private static void Shapes<T>(double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (int rows in (int[])[1, 2, 3, 4, 5, 9])
            for (int columns = 0; columns <= 70; columns++)
            {
                int n = rows * columns;
                string shape = $"{rows} x {columns}";
                T[] m = ElementwiseTests.Sample<T>(n, -3, 3, n), wanted = new T[n], got = new T[n];
                T[] row = ElementwiseTests.Sample<T>(columns, -3, 3, 1), column = ElementwiseTests.Sample<T>(rows, -3, 3, 2);
                double sums = tolerance * Math.Max(1, Math.Max(rows, columns));

                T[] a = [.. column], b = [.. column];
                ReferenceMatrixOps.RowSum<T>(m, a);
                MatrixOps.RowSum<T>(m, b);
                VectorOpsTests.Close<T>(a, b, sums, $"RowSum {shape}");
                T[] c = [.. row], d = [.. row];
                ReferenceMatrixOps.ColumnSum<T>(m, c);
                MatrixOps.ColumnSum<T>(m, d);
                VectorOpsTests.Close<T>(c, d, sums, $"ColumnSum {shape}");

                ReferenceMatrixOps.AddRowVector<T>(m, row, wanted);
                MatrixOps.AddRowVector<T>(m, row, got);
                VectorOpsTests.Close<T>(wanted, got, 0, $"AddRowVector {shape}");
                ReferenceMatrixOps.MulRowVector<T>(m, row, wanted);
                MatrixOps.MulRowVector<T>(m, row, got);
                VectorOpsTests.Close<T>(wanted, got, 0, $"MulRowVector {shape}");
                ReferenceMatrixOps.AddColumnVector<T>(m, column, wanted);
                MatrixOps.AddColumnVector<T>(m, column, got);
                VectorOpsTests.Close<T>(wanted, got, 0, $"AddColumnVector {shape}");
                ReferenceMatrixOps.MulColumnVector<T>(m, column, wanted);
                MatrixOps.MulColumnVector<T>(m, column, got);
                VectorOpsTests.Close<T>(wanted, got, 0, $"MulColumnVector {shape}");

                ReferenceMatrixOps.RowLogSumExp<T>(m, a);
                MatrixOps.RowLogSumExp<T>(m, b);
                VectorOpsTests.Close<T>(a, b, tolerance, $"RowLogSumExp {shape}");
                ReferenceMatrixOps.RowSoftmax<T>(m, rows, wanted);
                MatrixOps.RowSoftmax<T>(m, rows, got);
                VectorOpsTests.Close<T>(wanted, got, tolerance, $"RowSoftmax {shape}");
                MatrixOps.RowSoftmax<T>(m, rows, m);
                Assert.True(m.AsSpan().SequenceEqual(got), $"RowSoftmax in place {shape}");
            }
    }

    [Fact]
    public void ExtremeRows()
    {
        float[] m = [1e30f, -1e30f, 1e30f, 1e30f, float.NegativeInfinity, float.NegativeInfinity, float.PositiveInfinity, 0, -200, -201], l = new float[5], s = new float[10];
        MatrixOps.RowLogSumExp<float>(m, l);
        Assert.Equal([1e30f, 1e30f, float.NegativeInfinity, float.PositiveInfinity], l[..4]);
        Assert.Equal(-200 + Math.Log(1 + Math.Exp(-1)), l[4], 2e-5);
        MatrixOps.RowSoftmax<float>(m, 5, s);
        Assert.Equal([1f, 0f, 0.5f, 0.5f], s[..4]);
        Assert.True(float.IsNaN(s[4]) && float.IsNaN(s[6]));
        Assert.Equal(1 / (1 + Math.Exp(-1)), s[8], 1e-6);
    }

    [Fact]
    public void WrongShapesAreNamed()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => MatrixOps.RowSum<float>(new float[7], new float[2]));
        Assert.Equal("MatrixOps.RowSum: matrix has 7 elements, which 2 (the elements of sums) do not divide.", e.Message);
    }
}
