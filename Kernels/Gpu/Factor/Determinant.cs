using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A product of many numbers that neither overflows nor loses digits: Sign (High + Low) 2^Exponent, and the logarithms of what is no such number.</summary>
internal struct Determinant<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    // Below it a number is lifted, in steps that neither precision overflows at.
    private const double Small = 8.673617379884035e-19;
    private const double Lift = 1152921504606846976;
    private const double LiftExponent = 60;

    /// <summary>The empty product.</summary>
    public Determinant()
    {
        High = TLane.Constant(1);
        Low = TLane.Constant(0);
        Exponent = TLane.Constant(0);
        Special = TLane.Constant(0);
        Sign = TLane.Constant(1);
    }

    /// <summary>Leading part, in [sqrt(1/2), sqrt(2)) but for rounding.</summary>
    public TLane High;

    /// <summary>What High lacks.</summary>
    public TLane Low;

    /// <summary>Whole number.</summary>
    public TLane Exponent;

    /// <summary>Sum of the logarithms of zeros, infinities and NaN: 0 if there was none.</summary>
    public TLane Special;

    /// <summary>1, -1, or 0 after a zero.</summary>
    public TLane Sign;

    /// <summary>Multiplies by <paramref name="factor"/>.</summary>
    public void Multiply(TLane factor)
    {
        TLane zero = TLane.Constant(0), size = TLane.Abs(factor);
        if (TLane.Any(TLane.LessThan(factor, zero))) Sign = -Sign;
        if (TLane.Any(TLane.EqualTo(factor, zero)))
        {
            Sign = zero;
            Special += TLane.Constant(double.NegativeInfinity);
            return;
        }
        if (!TLane.Any(TLane.LessThan(size, TLane.Constant(double.PositiveInfinity))))
        {
            Special += size;
            return;
        }
        while (TLane.Any(TLane.LessThan(size, TLane.Constant(Small))))
        {
            size *= TLane.Constant(Lift);
            Exponent -= TLane.Constant(LiftExponent);
        }
        TLane mantissa = TLane.Decompose(size, out TLane e);
        Exponent += e;
        Join(mantissa, zero);
    }

    /// <summary>Multiplies by another product.</summary>
    public void Multiply(in Determinant<T, TLane> other)
    {
        Sign *= other.Sign;
        Special += other.Special;
        Exponent += other.Exponent;
        Join(other.High, other.Low);
    }

    /// <summary>Logarithm of the absolute value.</summary>
    public readonly TLane Log()
    {
        // e ln 2 in two parts, the first exact for |e| below 2^15.
        TLane main = LaneLog.Log<TLane, T>(High), rest = Low / High;
        TLane large = Exponent * TLane.Constant(0.693359375), small = Exponent * TLane.Constant(-0.00021219444005469057);
        TLane sum = large + main;
        TLane lost = TLane.Select(TLane.LessThan(TLane.Abs(main), TLane.Abs(large)), (large - sum) + main, (main - sum) + large);
        return Special + (sum + (lost + (small + rest)));
    }

    // (High + Low)(high + low), back to a leading part near one.
    private void Join(TLane high, TLane low)
    {
        TLane product = High * high;
        TLane error = TLane.MultiplyAdd(High, high, -product);
        error = TLane.MultiplyAdd(High, low, TLane.MultiplyAdd(Low, high, error));
        TLane sum = product + error;
        TLane rest = error - (sum - product);
        High = TLane.Decompose(sum, out TLane e);
        Low = rest * TLane.PowerOfTwo(-e);
        Exponent += e;
    }
}
