using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Doubles in memory of any element type: mantissa in two elements, exponent in a third. In float that keeps 48 bits of the mantissa and the whole range.</summary>
/// <param name="cells">Three elements a number.</param>
public readonly struct WideCells<T, TView, TLane>(TView cells)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Elements a number takes.</summary>
    public const int Cells = 3;

    private const long Fraction = 0x000FFFFFFFFFFFFF;

    private const int Bias = 1023;

    /// <summary>Keeps number <paramref name="i"/>, not negative.</summary>
    public void Store(int i, double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) - Bias;
        double mantissa = value;
        // Zero, subnormal, infinity and NaN stay as they are.
        if (exponent == -Bias || exponent == Bias + 1) exponent = 0;
        else mantissa = BitConverter.Int64BitsToDouble((bits & Fraction) | ((long)Bias << 52));
        TLane high = TLane.Constant(mantissa);
        double rest = DeviceMath.Subtract(mantissa, TLane.FirstInDouble(high));
        cells.Store(Cells * i, TLane.First(high));
        // What is left of an infinite mantissa is no number.
        cells.Store((Cells * i) + 1, TLane.First(TLane.Constant(DeviceMath.Subtract(rest, rest) == 0 ? rest : 0)));
        cells.Store((Cells * i) + 2, TLane.First(TLane.Constant(exponent)));
    }

    /// <summary>Number <paramref name="i"/>.</summary>
    public double Load(int i)
    {
        double mantissa = DeviceMath.Add(InDouble(Cells * i), InDouble((Cells * i) + 1));
        long exponent = (long)InDouble((Cells * i) + 2) + Bias;
        return DeviceMath.Multiply(mantissa, BitConverter.Int64BitsToDouble(exponent << 52));
    }

    private double InDouble(int at) => TLane.FirstInDouble(TLane.Broadcast(cells.Load(at)));
}
