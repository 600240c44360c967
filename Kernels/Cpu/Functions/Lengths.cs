using System.Diagnostics.CodeAnalysis;

namespace NativeFlow.Kernels;

/// <summary>Checks of span lengths, with the throwing part kept out of hot code.</summary>
internal static class Lengths
{
    public static void Same(string kernel, string firstName, int first, string secondName, int second)
    {
        if (first != second) ThrowDiffer(kernel, firstName, first, secondName, second);
    }

    /// <summary>The other side of a matrix that has one row (or column) for each element of a vector.</summary>
    public static int Columns(string kernel, string matrixName, int matrix, string vectorName, int rows)
    {
        if (rows == 0 ? matrix != 0 : matrix % rows != 0)
            throw new ArgumentException($"{kernel}: {matrixName} has {matrix} elements, which {rows} (the elements of {vectorName}) do not divide.");
        return rows == 0 ? 0 : matrix / rows;
    }

    [DoesNotReturn]
    private static void ThrowDiffer(string kernel, string firstName, int first, string secondName, int second) =>
        throw new ArgumentException($"{kernel}: {firstName} has {first} elements, {secondName} has {second}; they must be equally long.");
}
