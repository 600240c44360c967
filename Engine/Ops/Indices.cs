using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>Whole numbers kept among reals.</summary>
internal static class Indices
{
    /// <summary>Entry <paramref name="i"/> of a list, checked to be a whole number in 0 .. limit - 1.</summary>
    public static int At<T>(ReadOnlySpan<T> index, int i, int limit, string op) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int value = int.CreateSaturating(index[i]);
        if ((uint)value >= (uint)limit || T.CreateTruncating(value) != index[i]) Outside(op, i, double.CreateSaturating(index[i]), limit);
        return value;
    }

    private static void Outside(string op, int i, double value, int limit)
        => throw new ArgumentException($"{op}: index number {i} is {value}; it must be a whole number from 0 to {limit - 1}.");
}
