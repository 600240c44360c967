using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Singular values of parameters, on the host in double.</summary>
internal static class SingularValues
{
    /// <summary>A parameter's numbers in double.</summary>
    public static double[] Read<T>(ParameterStore<T> store, Var parameter) where T : unmanaged, IFloatingPointIeee754<T>
        => Array.ConvertAll(store.Read(parameter), double.CreateTruncating);

    /// <summary>All of a matrix [rows x cols], descending.</summary>
    /// <exception cref="NonFiniteException">It holds NaN or an infinity.</exception>
    public static double[] Of(ReadOnlySpan<double> matrix, int rows, int cols)
    {
        foreach (double v in matrix)
            if (!double.IsFinite(v)) throw new NonFiniteException($"A weight [{rows} x {cols}] holds {v}; it has no singular values.");
        var values = new double[Math.Min(rows, cols)];
        if (rows >= cols)
        {
            Svd.Values(matrix, rows, cols, values);
            return values;
        }
        var transposed = new double[matrix.Length];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) transposed[(j * rows) + i] = matrix[(i * cols) + j];
        Svd.Values<double>(transposed, cols, rows, values);
        return values;
    }

    /// <summary>Largest |row of A x + b| for |x_i| at most <paramref name="inputBound"/>; the bias may be empty.</summary>
    public static double Reach(ReadOnlySpan<double> matrix, int rows, int cols, ReadOnlySpan<double> bias, double inputBound)
    {
        double most = 0;
        for (int i = 0; i < rows; i++)
        {
            double sum = 0;
            foreach (double v in matrix.Slice(i * cols, cols)) sum += Math.Abs(v);
            most = Math.Max(most, (sum == 0 ? 0 : sum * inputBound) + (bias.IsEmpty ? 0 : Math.Abs(bias[i])));
        }
        return most;
    }

    /// <summary>Largest |element|; 0 of none.</summary>
    public static double Largest(ReadOnlySpan<double> values)
    {
        double most = 0;
        foreach (double v in values) most = Math.Max(most, Math.Abs(v));
        return most;
    }
}
