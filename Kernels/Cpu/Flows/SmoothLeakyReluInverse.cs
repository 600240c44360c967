using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Inverse of <see cref="SmoothLeakyReluFunction{T}"/>, f(x) = alpha x + (1 - alpha) softplus(x), to full precision, for 0 &lt; alpha &lt;= 1.</summary>
/// <remarks>
/// With g(v) = v for v &gt;= 0, v / alpha below: max(0, x) &lt;= softplus(x) &lt;= max(0, x) + ln 2 puts x between g(z - (1 - alpha) ln 2) and g(z).
/// f is increasing and convex, so Newton's method from the upper end comes down to the root without passing it; the bracket is kept
/// against rounding alone. Three to seven steps.
/// </remarks>
/// <param name="alpha">Slope far below zero.</param>
public readonly struct SmoothLeakyReluInverse<T>(T alpha) : IInverseFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MostSteps = 30;

    // Error after a step is about the step squared, so a step this small was the last one.
    private const double SmallSingle = 1e-5, SmallDouble = 1e-10;

    /// <inheritdoc/>
    public T Value(T z)
    {
        var f = new SmoothLeakyReluFunction<T>(alpha);
        var flat = new LeakyReluInverse<T>(alpha);
        T low = flat.Value(z - ((T.One - alpha) * ScalarMath.Number<T>(0.69314718055994530942)));
        T high = flat.Value(z);
        T x = high;
        for (int i = 0; i < MostSteps; i++)
        {
            T step = (f.Value(x) - z) / f.Derivative(x, T.Zero);
            T next = T.Max(low, T.Min(high, x - step));
            bool done = T.Abs(next - x) <= ScalarMath.Number<T>(typeof(T) == typeof(float) ? SmallSingle : SmallDouble) * (T.One + T.Abs(x));
            x = next;
            if (done) break;
        }
        return x;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane z) where TLane : struct, ILane<TLane, T>
    {
        TLane one = TLane.Constant(1), a = TLane.Broadcast(alpha), rest = one - a;
        var flat = new LeakyReluInverse<T>(alpha);
        TLane low = flat.Value(z - (rest * TLane.Constant(0.69314718055994530942)));
        TLane high = flat.Value(z);
        TLane x = high;
        for (int i = 0; i < MostSteps; i++)
        {
            TLane e = TLane.Exp(-TLane.Abs(x));
            TLane value = TLane.MultiplyAdd(a, x, rest * LaneMath.SoftplusOf<TLane, T>(x, e));
            TLane slope = TLane.MultiplyAdd(rest, TLane.SigmoidOf(x, e), a);
            TLane next = TLane.Max(low, TLane.Min(high, x - ((value - z) / slope)));
            TLane limit = TLane.Constant(TLane.IsSingle ? SmallSingle : SmallDouble) * (one + TLane.Abs(x));
            bool more = TLane.Any(TLane.LessThan(limit, TLane.Abs(next - x)));
            x = next;
            if (!more) break;
        }
        return x;
    }
}
