using System.Numerics;

namespace NativeFlow.Layers;

/// <summary>Numbers that tolerances are made of.</summary>
internal static class Precision<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Distance from 1 to the next number.</summary>
    public static readonly double Epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
}
