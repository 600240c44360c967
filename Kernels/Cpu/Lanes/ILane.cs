using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>
/// A handful of numbers that one instruction treats alike: one (<see cref="ScalarLane{T}"/>), <see cref="Vector{T}"/> or 512 bits.
/// A function body written once over a lane serves all of them.
/// </summary>
/// <remarks>
/// The functions at the end are here because lanes differ in their best way: tables where 512 bits hold them, else the polynomials of LaneExp, LaneLog and so on.
/// A comparison gives a mask: all bits of an element set, or none. Masks go into <see cref="Select"/> and nowhere else.
/// </remarks>
public unsafe interface ILane<TSelf, T>
    where TSelf : struct, ILane<TSelf, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Number of elements.</summary>
    static abstract int Width { get; }

    /// <summary>Whether the elements are floats, else doubles: constant where code is compiled for a lane, also on a device, which knows no types at run time.</summary>
    static abstract bool IsSingle { get; }

    /// <summary>Reads <see cref="Width"/> elements; no alignment needed.</summary>
    static abstract TSelf Load(T* source);

    /// <summary>Writes <see cref="Width"/> elements; no alignment needed.</summary>
    static abstract void Store(TSelf value, T* destination);

    /// <summary>The same number in every element.</summary>
    static abstract TSelf Broadcast(T value);

    /// <summary>The same literal in every element, rounded to <typeparamref name="T"/>; folds into a constant.</summary>
    static abstract TSelf Constant(double value);

    /// <summary>Sum.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>Difference.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>Product.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>Quotient.</summary>
    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>The opposite number.</summary>
    static abstract TSelf operator -(TSelf a);

    /// <summary>a b + c: rounded once where the machine has fused multiply-add, else twice. All lanes of one machine agree.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>a where a &gt; b, else b. So a NaN in <paramref name="b"/> comes through: put the constant first.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>a where a &lt; b, else b. So a NaN in <paramref name="b"/> comes through: put the constant first.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>Absolute value.</summary>
    static abstract TSelf Abs(TSelf a);

    /// <summary>Square root, correctly rounded.</summary>
    static abstract TSelf Sqrt(TSelf a);

    /// <summary>Nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>The magnitude of <paramref name="magnitude"/> with the sign of <paramref name="sign"/>.</summary>
    static abstract TSelf CopySign(TSelf magnitude, TSelf sign);

    /// <summary>Mask of a &lt; b; false for NaN.</summary>
    static abstract TSelf LessThan(TSelf a, TSelf b);

    /// <summary>Mask of a == b; false for NaN.</summary>
    static abstract TSelf EqualTo(TSelf a, TSelf b);

    /// <summary>Where the mask is set the first, elsewhere the second.</summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>True when the mask is set in at least one element.</summary>
    static abstract bool Any(TSelf mask);

    /// <summary>2^n for integer-valued n within the exponents of normal numbers.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>x 2^n, rounded once, for integer-valued n up to twice the exponent range; right for subnormal results and overflow.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf x, TSelf n);

    /// <summary>x = m 2^e with m in [sqrt(1/2), sqrt(2)), for positive normal x; anything else gives garbage, never an exception.</summary>
    static abstract TSelf Decompose(TSelf x, out TSelf exponent);

    /// <summary>The elements in the lowest places of 512 bits; what stands above them is undefined.</summary>
    static abstract Vector512<T> Widen(TSelf a);

    /// <summary>The lowest <see cref="Width"/> elements of 512 bits.</summary>
    static abstract TSelf Narrow(Vector512<T> wide);

    /// <summary>The first element.</summary>
    static abstract T First(TSelf a);

    /// <summary>The first element in double precision.</summary>
    static abstract double FirstInDouble(TSelf a);

    /// <summary>The sum of all elements, in an order of the lane's own.</summary>
    static abstract T SumElements(TSelf a);

    /// <summary>exp(x), within 2 ulp.</summary>
    static abstract TSelf Exp(TSelf x);

    /// <summary>exp(-|x|).</summary>
    static abstract TSelf ExpOfMinusSize(TSelf x);

    /// <summary>exp(x) - 1, relatively accurate near zero.</summary>
    static abstract TSelf Expm1(TSelf x);

    /// <summary>log(x): -infinity at 0, NaN below.</summary>
    static abstract TSelf Log(TSelf x);

    /// <summary>log(1 + x), relatively accurate near zero.</summary>
    static abstract TSelf Log1p(TSelf x);

    /// <summary>log(1 + x) for x in [0, 1] only (what softplus needs): no exponent to take apart.</summary>
    static abstract TSelf Log1pOfUnit(TSelf x);

    /// <summary>1/(1 + exp(-x)); both tails keep their relative accuracy.</summary>
    static abstract TSelf Sigmoid(TSelf x);

    /// <summary><see cref="Sigmoid"/> of x, given e = exp(-|x|).</summary>
    static abstract TSelf SigmoidOf(TSelf x, TSelf e);

    /// <summary>a / b for b between 1 and 1e30.</summary>
    static abstract TSelf Quotient(TSelf a, TSelf b);

    /// <summary>The hyperbolic tangent, relatively accurate near zero.</summary>
    static abstract TSelf Tanh(TSelf x);

    /// <summary>The error function.</summary>
    static abstract TSelf Erf(TSelf x);

    /// <summary>The inverse of the error function: infinite at -1 and 1, NaN outside.</summary>
    static abstract TSelf ErfInverse(TSelf x);

    /// <summary>sin(x), x in radians.</summary>
    static abstract TSelf Sin(TSelf x);

    /// <summary>cos(x), x in radians.</summary>
    static abstract TSelf Cos(TSelf x);

    /// <summary>
    /// Rounded to 10 bits of mantissa, ties away from zero, as tensor cores take their operands; only where an element is a float on a device.
    /// Of all NaNs only T.NaN is sure to stay one: two instructions leave no room for a test.
    /// </summary>
    static virtual TSelf RoundToTf32(TSelf a) => throw new NotSupportedException("Rounding to tf32 is for a device's single-precision lane.");
}
