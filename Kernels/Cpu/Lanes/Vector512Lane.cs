using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>A lane of 512 bits; use it only where <see cref="Vector512.IsHardwareAccelerated"/>.</summary>
public readonly unsafe struct Vector512Lane<T> : ILane<Vector512Lane<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Vector512<T> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512Lane(Vector512<T> value) => _value = value;

    /// <inheritdoc/>
    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<T>.Count;
    }

    /// <inheritdoc/>
    public static bool IsSingle
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Load(T* source) => new(Vector512.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512Lane<T> value, T* destination) => Vector512.Store(value._value, destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Broadcast(T value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Constant(double value)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Create((float)value).As<float, T>());
        return new(Vector512.Create(value).As<double, T>());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> operator +(Vector512Lane<T> a, Vector512Lane<T> b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> operator -(Vector512Lane<T> a, Vector512Lane<T> b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> operator *(Vector512Lane<T> a, Vector512Lane<T> b) => new(a._value * b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> operator /(Vector512Lane<T> a, Vector512Lane<T> b) => new(a._value / b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> operator -(Vector512Lane<T> a) => new(-a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> MultiplyAdd(Vector512Lane<T> a, Vector512Lane<T> b, Vector512Lane<T> c)
    {
        if (!ScalarLane<T>.IsFused) return new((a._value * b._value) + c._value);
        if (typeof(T) == typeof(float))
            return new(Vector512.FusedMultiplyAdd(a._value.AsSingle(), b._value.AsSingle(), c._value.AsSingle()).As<float, T>());
        return new(Vector512.FusedMultiplyAdd(a._value.AsDouble(), b._value.AsDouble(), c._value.AsDouble()).As<double, T>());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Max(Vector512Lane<T> a, Vector512Lane<T> b) => new(Vector512.MaxNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Min(Vector512Lane<T> a, Vector512Lane<T> b) => new(Vector512.MinNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Abs(Vector512Lane<T> a) => new(Vector512.Abs(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Sqrt(Vector512Lane<T> a) => new(Vector512.Sqrt(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Round(Vector512Lane<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Round(a._value.AsSingle()).As<float, T>());
        return new(Vector512.Round(a._value.AsDouble()).As<double, T>());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> CopySign(Vector512Lane<T> magnitude, Vector512Lane<T> sign) => new(Vector512.CopySign(magnitude._value, sign._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> LessThan(Vector512Lane<T> a, Vector512Lane<T> b) => new(Vector512.LessThan(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> EqualTo(Vector512Lane<T> a, Vector512Lane<T> b) => new(Vector512.Equals(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Select(Vector512Lane<T> mask, Vector512Lane<T> whenSet, Vector512Lane<T> whenClear) =>
        new(Vector512.ConditionalSelect(mask._value, whenSet._value, whenClear._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(Vector512Lane<T> mask) => !Vector512.EqualsAll(mask._value.AsUInt64(), Vector512<ulong>.Zero);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> PowerOfTwo(Vector512Lane<T> n)
    {
        // Adding 1.5 2^(mantissa bits) leaves the integer in the low bits; the shift moves it into the exponent.
        if (typeof(T) == typeof(float))
            return FromBits(Vector512.ShiftLeft((n + Constant(12582912))._value.AsUInt32(), 23) + Vector512.Create(0x3F800000u));
        return FromBits(Vector512.ShiftLeft((n + Constant(6755399441055744))._value.AsUInt64(), 52) + Vector512.Create(0x3FF0000000000000ul));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> ScaleByPowerOfTwo(Vector512Lane<T> x, Vector512Lane<T> n)
    {
        if (Avx512F.IsSupported)
        {
            if (typeof(T) == typeof(float)) return new(Avx512F.Scale(x._value.AsSingle(), n._value.AsSingle()).As<float, T>());
            return new(Avx512F.Scale(x._value.AsDouble(), n._value.AsDouble()).As<double, T>());
        }
        // Two steps: the first is exact, so the result is rounded once even when it is subnormal.
        Vector512Lane<T> half = Round(n * Constant(0.5));
        return x * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ToInt32(Vector512Lane<T> a) => int.CreateTruncating(a._value.ToScalar());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Decompose(Vector512Lane<T> x, out Vector512Lane<T> exponent)
    {
        // Subtracting the bits of sqrt(1/2) makes the exponent field flip there; adding those of one keeps the number positive.
        if (typeof(T) == typeof(float))
        {
            Vector512<uint> shifted = x._value.AsUInt32() - Vector512.Create(0x3F3504F3u) + Vector512.Create(0x3F800000u);
            exponent = FromBits(Vector512.ShiftRightLogical(shifted, 23) | Vector512.Create(0x4B000000u)) - Constant(8388608 + 127);
            return FromBits((shifted & Vector512.Create(0x007FFFFFu)) + Vector512.Create(0x3F3504F3u));
        }
        Vector512<ulong> wide = x._value.AsUInt64() - Vector512.Create(0x3FE6A09E667F3BCDul) + Vector512.Create(0x3FF0000000000000ul);
        exponent = FromBits(Vector512.ShiftRightLogical(wide, 52) | Vector512.Create(0x4330000000000000ul)) - Constant(4503599627370496d + 1023);
        return FromBits((wide & Vector512.Create(0x000FFFFFFFFFFFFFul)) + Vector512.Create(0x3FE6A09E667F3BCDul));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Widen(Vector512Lane<T> a) => a._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Narrow(Vector512<T> wide) => new(wide);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First(Vector512Lane<T> a) => a._value.ToScalar();

    /// <inheritdoc/>
    public static double FirstInDouble(Vector512Lane<T> a) => double.CreateTruncating(a._value.ToScalar());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SumElements(Vector512Lane<T> a) => Vector512.Sum(a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Exp(Vector512Lane<T> x) => LaneChoice.Exp<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> ExpOfMinusSize(Vector512Lane<T> x) => LaneChoice.ExpOfMinusSize<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Expm1(Vector512Lane<T> x) => LaneChoice.Expm1<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Log(Vector512Lane<T> x) => LaneChoice.Log<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Log1p(Vector512Lane<T> x) => LaneChoice.Log1p<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Log1pOfUnit(Vector512Lane<T> x) => LaneChoice.Log1pOfUnit<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Sigmoid(Vector512Lane<T> x) => LaneChoice.Sigmoid<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> SigmoidOf(Vector512Lane<T> x, Vector512Lane<T> e) => LaneChoice.SigmoidOf<Vector512Lane<T>, T>(x, e);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Quotient(Vector512Lane<T> a, Vector512Lane<T> b) => LaneChoice.Quotient<Vector512Lane<T>, T>(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Tanh(Vector512Lane<T> x) => LaneChoice.Tanh<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Erf(Vector512Lane<T> x) => LaneChoice.Erf<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> ErfInverse(Vector512Lane<T> x) => LaneChoice.ErfInverse<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Sin(Vector512Lane<T> x) => LaneChoice.Sin<Vector512Lane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512Lane<T> Cos(Vector512Lane<T> x) => LaneChoice.Cos<Vector512Lane<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512Lane<T> FromBits(Vector512<uint> bits) => new(bits.As<uint, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512Lane<T> FromBits(Vector512<ulong> bits) => new(bits.As<ulong, T>());
}
