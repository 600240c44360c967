using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The meaning of <see cref="MatrixOps"/>: plain loops over a row-major matrix [rows x columns].</summary>
public static class ReferenceMatrixOps
{
    /// <summary>sums[row] += sum of the row.</summary>
    public static void RowSum<T>(ReadOnlySpan<T> matrix, Span<T> sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("ReferenceMatrixOps.RowSum", "matrix", matrix.Length, "sums", sums.Length);
        for (int i = 0; i < matrix.Length; i++) sums[i / columns] += matrix[i];
    }

    /// <summary>sums[column] += sum of the column.</summary>
    public static void ColumnSum<T>(ReadOnlySpan<T> matrix, Span<T> sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < matrix.Length; i++) sums[i % sums.Length] += matrix[i];
    }

    /// <summary>destination[row, column] = matrix[row, column] + vector[column].</summary>
    public static void AddRowVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < matrix.Length; i++) destination[i] = matrix[i] + vector[i % vector.Length];
    }

    /// <summary>destination[row, column] = matrix[row, column] vector[column].</summary>
    public static void MulRowVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < matrix.Length; i++) destination[i] = matrix[i] * vector[i % vector.Length];
    }

    /// <summary>destination[row, column] = matrix[row, column] + vector[row].</summary>
    public static void AddColumnVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("ReferenceMatrixOps.AddColumnVector", "matrix", matrix.Length, "vector", vector.Length);
        for (int i = 0; i < matrix.Length; i++) destination[i] = matrix[i] + vector[i / columns];
    }

    /// <summary>destination[row, column] = matrix[row, column] vector[row].</summary>
    public static void MulColumnVector<T>(ReadOnlySpan<T> matrix, ReadOnlySpan<T> vector, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("ReferenceMatrixOps.MulColumnVector", "matrix", matrix.Length, "vector", vector.Length);
        for (int i = 0; i < matrix.Length; i++) destination[i] = matrix[i] * vector[i / columns];
    }

    /// <summary>destination[row] = log of the sum of exp over the row.</summary>
    public static void RowLogSumExp<T>(ReadOnlySpan<T> matrix, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("ReferenceMatrixOps.RowLogSumExp", "matrix", matrix.Length, "destination", destination.Length);
        for (int row = 0; row < destination.Length; row++)
        {
            T max = T.NegativeInfinity, sum = T.Zero;
            for (int i = row * columns; i < (row + 1) * columns; i++) max = T.Max(max, matrix[i]);
            for (int i = row * columns; i < (row + 1) * columns; i++) sum += T.Exp(matrix[i] - max);
            destination[row] = T.IsFinite(max) ? max + T.Log(sum) : max;
        }
    }

    /// <summary>destination[row, column] = exp(matrix[row, column]) / sum of exp over the row.</summary>
    public static void RowSoftmax<T>(ReadOnlySpan<T> matrix, int rows, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Lengths.Columns("ReferenceMatrixOps.RowSoftmax", "matrix", matrix.Length, "rows", rows);
        for (int row = 0; row < rows; row++)
        {
            T max = T.NegativeInfinity, sum = T.Zero;
            for (int i = row * columns; i < (row + 1) * columns; i++) max = T.Max(max, matrix[i]);
            for (int i = row * columns; i < (row + 1) * columns; i++) sum += T.Exp(matrix[i] - max);
            for (int i = row * columns; i < (row + 1) * columns; i++) destination[i] = T.Exp(matrix[i] - max) / sum;
        }
    }
}
