using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Reductions along the rows of a [rows x cols] matrix, row-major; sums run in double. Plain loops: they define the meaning. The source may be the destination where both are [rows x cols].</summary>
public static class RowReductions
{
    /// <summary>log sum exp of each row, [rows]. An empty row or one of -infinity gives -infinity.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void LogSumExp<T>(ReadOnlySpan<T> source, int rows, int cols, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckReduce(source.Length, rows, cols, destination.Length, "RowReductions.LogSumExp");
        for (int i = 0; i < rows; i++) destination[i] = T.CreateTruncating(LogSumExp(source.Slice(i * cols, cols)));
    }

    /// <summary>exp(x) / sum exp(x) of each row, [rows x cols].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Softmax<T>(ReadOnlySpan<T> source, int rows, int cols, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckMap(source.Length, rows, cols, destination.Length, "RowReductions.Softmax");
        for (int i = 0; i < rows; i++)
        {
            double total = LogSumExp(source.Slice(i * cols, cols));
            for (int j = i * cols; j < (i + 1) * cols; j++)
                destination[j] = T.CreateTruncating(Math.Exp(double.CreateTruncating(source[j]) - total));
        }
    }

    /// <summary>x - log sum exp(x) of each row, [rows x cols].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void LogSoftmax<T>(ReadOnlySpan<T> source, int rows, int cols, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckMap(source.Length, rows, cols, destination.Length, "RowReductions.LogSoftmax");
        for (int i = 0; i < rows; i++)
        {
            double total = LogSumExp(source.Slice(i * cols, cols));
            for (int j = i * cols; j < (i + 1) * cols; j++)
                destination[j] = T.CreateTruncating(double.CreateTruncating(source[j]) - total);
        }
    }

    /// <summary>Running sums of each row, the element itself included, [rows x cols].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void CumulativeSum<T>(ReadOnlySpan<T> source, int rows, int cols, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckMap(source.Length, rows, cols, destination.Length, "RowReductions.CumulativeSum");
        for (int i = 0; i < rows; i++)
        {
            double sum = 0;
            for (int j = i * cols; j < (i + 1) * cols; j++)
            {
                sum += double.CreateTruncating(source[j]);
                destination[j] = T.CreateTruncating(sum);
            }
        }
    }

    /// <summary>Sum of each row, [rows].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Sum<T>(ReadOnlySpan<T> source, int rows, int cols, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckReduce(source.Length, rows, cols, destination.Length, "RowReductions.Sum");
        for (int i = 0; i < rows; i++) destination[i] = T.CreateTruncating(Sum(source.Slice(i * cols, cols)));
    }

    /// <summary>Mean of each row, [rows]; NaN for an empty row.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Mean<T>(ReadOnlySpan<T> source, int rows, int cols, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckReduce(source.Length, rows, cols, destination.Length, "RowReductions.Mean");
        for (int i = 0; i < rows; i++) destination[i] = T.CreateTruncating(Sum(source.Slice(i * cols, cols)) / cols);
    }

    /// <summary>Variance of each row, [rows]: squared distances to the mean, divided by cols (biased) or cols - 1 (unbiased; NaN for one column).</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Variance<T>(ReadOnlySpan<T> source, int rows, int cols, bool unbiased, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckReduce(source.Length, rows, cols, destination.Length, "RowReductions.Variance");
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<T> row = source.Slice(i * cols, cols);
            double mean = Sum(row) / cols, squares = 0;
            foreach (T value in row)
            {
                double distance = double.CreateTruncating(value) - mean;
                squares += distance * distance;
            }

            destination[i] = T.CreateTruncating(squares / (unbiased ? cols - 1 : cols));
        }
    }

    private static double Sum<T>(ReadOnlySpan<T> row)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        foreach (T value in row) sum += double.CreateTruncating(value);
        return sum;
    }

    private static double LogSumExp<T>(ReadOnlySpan<T> row)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double max = double.NegativeInfinity;
        foreach (T value in row) max = Math.Max(max, double.CreateTruncating(value));
        // With an infinite largest element the differences below would be NaN.
        if (double.IsInfinity(max)) return max;
        double sum = 0;
        foreach (T value in row) sum += Math.Exp(double.CreateTruncating(value) - max);
        return max + Math.Log(sum);
    }

    private static void CheckReduce(int source, int rows, int cols, int destination, string method)
    {
        Check.Matrix(source, rows, cols, method, "source");
        Check.Vector(destination, rows, method, "destination");
    }

    private static void CheckMap(int source, int rows, int cols, int destination, string method)
    {
        Check.Matrix(source, rows, cols, method, "source");
        Check.Matrix(destination, rows, cols, method, "destination");
    }
}
