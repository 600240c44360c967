namespace NativeFlow.Kernels;

/// <summary>Shape checks of the factorisations, apart from the hot code.</summary>
internal static class Check
{
    /// <summary>Throws unless <paramref name="length"/> holds a rows x cols matrix.</summary>
    public static void Matrix(int length, int rows, int cols, string method, string name)
    {
        if (rows < 0 || cols < 0) ThrowNegative(rows, cols, method, name);
        if (length < (long)rows * cols) ThrowShort(length, rows, cols, method, name);
    }

    /// <summary>Throws unless <paramref name="length"/> is at least <paramref name="needed"/>.</summary>
    public static void Vector(int length, int needed, string method, string name)
    {
        if (length < needed) ThrowShortVector(length, needed, method, name);
    }

    private static void ThrowNegative(int rows, int cols, string method, string name) =>
        throw new ArgumentException($"{method}: {name} is asked to be {rows}x{cols}; sizes must not be negative.", name);

    private static void ThrowShort(int length, int rows, int cols, string method, string name) =>
        throw new ArgumentException($"{method}: {name} has {length} elements, a {rows}x{cols} matrix needs {(long)rows * cols}.", name);

    private static void ThrowShortVector(int length, int needed, string method, string name) =>
        throw new ArgumentException($"{method}: {name} has {length} elements, {needed} are needed.", name);
}
