using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The root y of F(y) = y + a g(c y + k) - t for a function |g| &lt;= 1, where F increases: the one equation behind the inverses of planar, Sylvester and nonlinear-squared maps.</summary>
/// <remarks>
/// The root lies in [t - |a|, t + |a|]. Newton's method, with bisection whenever a step leaves the bracket or is not below half of the one
/// before; it ends where F changes sign within a few last digits of y (or of a, whichever is larger), or where the bracket holds no number.
/// </remarks>
public static class RidgeRoot
{
    /// <summary>tanh, the first function.</summary>
    public const int Tanh = 0;

    /// <summary>1/(1 + s^2), the second.</summary>
    public const int Bump = 1;

    // Bisection alone needs no more than the exponents and digits of a double.
    private const int MostSteps = 2200;

    /// <summary>y for every element; NaN where an argument is NaN or infinite.</summary>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static void Solve<T>(ReadOnlySpan<T> t, ReadOnlySpan<T> a, ReadOnlySpan<T> c, ReadOnlySpan<T> k, Span<T> y, int function) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (t.Length != y.Length || a.Length != y.Length || c.Length != y.Length || k.Length != y.Length)
            throw new ArgumentException($"RidgeRoot: {t.Length}, {a.Length}, {c.Length} and {k.Length} numbers for {y.Length} roots; all must be equal.");
        for (int i = 0; i < y.Length; i++) y[i] = Solve(t[i], a[i], c[i], k[i], function);
    }

    /// <summary>g(s).</summary>
    public static T Value<T>(T s, int function) where T : unmanaged, IFloatingPointIeee754<T>
        => function == Tanh ? T.Tanh(s) : T.One / (T.One + (s * s));

    /// <summary>g'(s).</summary>
    public static T Derivative<T>(T s, int function) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T g = Value(s, function);
        if (function == Tanh) return (T.One - g) * (T.One + g);
        // Beyond the square root of the largest number g is 0, and so is g'.
        return g == T.Zero ? T.Zero : -(s + s) * g * g;
    }

    private static T Solve<T>(T t, T a, T c, T k, int function) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T low = t - T.Abs(a), high = t + T.Abs(a), y = t - (a * Value((c * t) + k, function)), before = high - low;
        if (!T.IsFinite(y) || !T.IsFinite(c) || !T.IsFinite(low) || !T.IsFinite(high)) return T.NaN;
        T digit = T.CreateTruncating(typeof(T) == typeof(float) ? 1.2e-7 : 2.3e-16);
        for (int i = 0; i < MostSteps; i++)
        {
            T r = Residual(y, t, a, c, k, function);
            if (r == T.Zero) return y;
            if (r > T.Zero) high = y;
            else low = y;
            T step = r / (T.One + (a * c * Derivative((c * y) + k, function))), size = T.Abs(step), near = digit * (T.Abs(y) + T.Abs(a));
            if (size <= near)
            {
                T left = y - near - near, right = y + near + near;
                if (Residual(left, t, a, c, k, function) <= T.Zero && Residual(right, t, a, c, k, function) >= T.Zero) return y - step;
            }
            T next = y - step;
            if (!(next > low && next < high) || size > before / (T.One + T.One)) next = low + ((high - low) / (T.One + T.One));
            if (next <= low || next >= high) return y;
            before = T.Abs(next - y);
            y = next;
        }
        return T.NaN;
    }

    private static T Residual<T>(T y, T t, T a, T c, T k, int function) where T : unmanaged, IFloatingPointIeee754<T>
        => (y - t) + (a * Value((c * y) + k, function));
}
