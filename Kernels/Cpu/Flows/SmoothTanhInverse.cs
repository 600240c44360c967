using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Inverse of <see cref="SmoothTanhFunction{T}"/>, f(x) = tanh(x) + k x with k &gt; 0, to full precision.</summary>
/// <remarks>
/// f is odd, so x has the sign of z; it is concave on the positive side and (z - 1)/k &lt;= x &lt;= z/k there, also x &gt;= z/(1 + k). From the
/// larger of the two lower ends Newton's method climbs to the root without passing it; the bracket is kept against rounding alone.
/// </remarks>
/// <param name="k">Slope of the linear part, positive.</param>
public readonly struct SmoothTanhInverse<T>(T k) : IInverseFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Newton's method on a concave function at least halves what is left of the bend; 60 covers slopes down to 1e-12.
    private const int MostSteps = 60;

    // Error after a step is about the step squared, so a step this small was the last one.
    private const double SmallSingle = 1e-5, SmallDouble = 1e-10;

    /// <inheritdoc/>
    public T Value(T z)
    {
        var f = new SmoothTanhFunction<T>(k);
        T a = T.Abs(z), high = a / k;
        T low = T.Max((a - T.One) / k, a / (T.One + k));
        T x = low;
        for (int i = 0; i < MostSteps; i++)
        {
            T step = (f.Value(x) - a) / f.Derivative(x, T.Zero);
            T next = T.Max(low, T.Min(high, x - step));
            bool done = T.Abs(next - x) <= ScalarMath.Number<T>(typeof(T) == typeof(float) ? SmallSingle : SmallDouble) * next;
            x = next;
            if (done) break;
        }
        return T.IsNaN(z) ? z : T.CopySign(x, z);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane z) where TLane : struct, ILane<TLane, T>
    {
        TLane one = TLane.Constant(1), slope = TLane.Broadcast(k), a = TLane.Abs(z), high = a / slope;
        TLane low = TLane.Max((a - one) / slope, a / (one + slope));
        TLane x = low;
        for (int i = 0; i < MostSteps; i++)
        {
            TLane t = default(TanhFunction<T>).Value(x);
            TLane value = TLane.MultiplyAdd(slope, x, t), bend = (one - t) * (one + t);
            TLane next = TLane.Max(low, TLane.Min(high, x - ((value - a) / (slope + bend))));
            bool more = TLane.Any(TLane.LessThan(TLane.Constant(TLane.IsSingle ? SmallSingle : SmallDouble) * next, TLane.Abs(next - x)));
            x = next;
            if (!more) break;
        }
        return LaneMath.KeepNaN<TLane, T>(z, TLane.CopySign(x, z));
    }
}
