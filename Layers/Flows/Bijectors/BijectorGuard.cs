using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Checks that every bijector makes.</summary>
internal static class BijectorGuard
{
    public static void Dimension(string what, int dimension)
    {
        if (dimension < 1) throw new ArgumentException($"{what} is {dimension}; it must be at least 1.");
    }

    /// <summary>Refuses sizes whose product does not fit an index: a matrix that no memory plan can hold.</summary>
    public static void Matrix(string rowsName, int rows, string colsName, int cols)
    {
        const int Most = int.MaxValue / 2;
        if ((long)rows * cols > Most) throw new ArgumentException($"{rowsName} is {rows}, {colsName} is {cols}; their product must be at most {Most}.");
    }

    public static void Width(string kind, int dimension, Var x)
    {
        if (x.Cols != dimension) throw new ArgumentException($"{kind}: the input is {x.Shape}, the bijector has {dimension} features; give it {dimension} columns.");
    }

    public static void Attached(string kind, Var parameter)
    {
        if (parameter.IsNone) throw new InvalidOperationException($"{kind}: it is not attached to a store yet; call Attach before the store is built.");
    }

    public static void NotAttached(string kind, Var parameter)
    {
        if (!parameter.IsNone) throw new InvalidOperationException($"{kind}: it is attached already; a bijector belongs to one store, make another one.");
    }

    /// <summary>That each weight of a network of these widths, with a column more for time, can be one block.</summary>
    public static void Weights(ReadOnlySpan<int> widths)
    {
        for (int i = 1; i < widths.Length; i++)
            if (widths[i] * (widths[i - 1] + 1L) > int.MaxValue) throw new ArgumentException($"a weight of {widths[i]} by {widths[i - 1]} numbers is too large; make hidden smaller.");
    }

    /// <summary>The same value under a handle that recorded derivatives go through: they take a detached one for a constant.</summary>
    public static Var NotDetached<T>(Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => x.IsDetached ? tape.Scale(x, 1) : x;
}
