using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// One step of the search for the roots of f(x) = z, on every element at once, for f that increases. Each element has a bracket [low, high],
/// a place x at which f is evaluated next, and the size of its last step (0: found).
/// </summary>
/// <remarks>An open bracket grows by doubled Newton steps, held between eight times the step before and a hundred times that (or 1 + |x|); a closed one shrinks by Newton steps that must halve, or by bisection.</remarks>
public static class RootSearch
{
    /// <summary>Numbers that a call reports: elements still open; row and column of the first without a root (row -1: none); why, see the constants.</summary>
    public const int StatusLength = 4;

    /// <summary>Status: z lies outside the range.</summary>
    public const int OutsideRange = 1;

    /// <summary>Status: f stays on one side of z as far as x can go.</summary>
    public const int NoRoot = 2;

    /// <summary>Status: f is NaN at one x and a number at another.</summary>
    public const int NotANumber = 3;

    /// <summary>Status: the slope at the root, or its reciprocal, overflows.</summary>
    public const int NoSlope = 4;

    // From here on halving only, so that the search ends whatever rounding does to the Newton steps.
    private const int LastNewtonStep = 60;

    /// <summary>Sets out. A NaN among z is its own root.</summary>
    public static void Begin<T>(ReadOnlySpan<T> z, Span<T> x, Span<T> low, Span<T> high, Span<T> step, Span<T> status, int columns, T from, T to, T least, T most)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T open = T.Zero;
        status[1] = -T.One;
        T start = T.IsFinite(from) && T.IsFinite(to) ? from + ((to - from) / T.CreateTruncating(2)) : T.IsFinite(from) ? from + T.One : T.IsFinite(to) ? to - T.One : T.Zero;
        for (int i = 0; i < z.Length; i++)
        {
            low[i] = from;
            high[i] = to;
            x[i] = z[i] > from && z[i] < to && T.IsFinite(z[i]) ? z[i] : start;
            step[i] = T.IsFinite(to - from) ? to - from : T.CreateTruncating(1.0 / 1024) * (T.One + T.Abs(x[i]));
            open += T.One;
            if (T.IsNaN(z[i]))
            {
                x[i] = z[i];
                step[i] = T.Zero;
                open -= T.One;
            }
            else if (!T.IsFinite(z[i]) || !(z[i] > least && z[i] < most))
            {
                Fail(status, i, columns, OutsideRange);
                return;
            }
        }
        status[0] = open;
    }

    /// <summary>Takes f(x) and log f'(x), and moves x on.</summary>
    public static void Step<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> f, ReadOnlySpan<T> logSlope, Span<T> x, Span<T> low, Span<T> high, Span<T> step, Span<T> status, int columns, int iteration, T from, T to)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T open = T.Zero;
        status[1] = -T.One;
        for (int i = 0; i < z.Length; i++)
        {
            if (step[i] == T.Zero) continue;
            int why = Step(z[i], f[i], logSlope[i], ref x[i], ref low[i], ref high[i], ref step[i], iteration, from, to);
            if (why > 0)
            {
                Fail(status, i, columns, why);
                return;
            }
            if (step[i] != T.Zero) open += T.One;
        }
        status[0] = open;
    }

    /// <summary>Reports the first slope that has no finite reciprocal.</summary>
    public static void CheckSlopes<T>(ReadOnlySpan<T> logSlope, Span<T> status, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        status[1] = -T.One;
        for (int i = 0; i < logSlope.Length; i++)
        {
            if (!T.IsInfinity(T.Exp(-logSlope[i])) && !T.IsPositiveInfinity(logSlope[i])) continue;
            Fail(status, i, columns, NoSlope);
            return;
        }
    }

    private static int Step<T>(T z, T f, T logSlope, ref T x, ref T low, ref T high, ref T step, int iteration, T from, T to)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T two = T.One + T.One;
        if (T.IsNaN(f))
        {
            // Everywhere (a parameter is NaN): so is the root. Only here: an overflow.
            if (low != from || high != to) return NotANumber;
            x = f;
            step = T.Zero;
            return 0;
        }
        if (f == z)
        {
            step = T.Zero;
            return 0;
        }
        bool below = f < z;
        if (below) low = x;
        else high = x;
        T unit = (T.BitIncrement(T.One) - T.One) * T.Max(T.Abs(x), T.CreateTruncating(1.0 / 64));
        T newton = (z - f) * T.Exp(-logSlope);
        if (high - low <= T.CreateTruncating(4) * unit)
        {
            if (low == from || high == to) return NoRoot;
            T polished = x + newton;
            if (polished >= low && polished <= high) x = polished;
            step = T.Zero;
            return 0;
        }
        if (T.IsInfinity(below ? high : low))
        {
            T growth = two * T.Abs(newton), most = T.CreateTruncating(100) * T.Max(step, T.One + T.Abs(x));
            if (!(growth >= step)) growth = step;
            if (!(growth <= most)) growth = most;
            x += below ? growth : -growth;
            step = T.CreateTruncating(8) * growth;
            // At the other end of a half-open domain the bracket is closed already.
            return T.IsFinite(x) ? 0 : NoRoot;
        }
        // Newton steps of a few units, or such that no longer halve but are small in the bracket, are rounding: the root is here, on one side. Step over it, by more each time, to close the bracket.
        T size = T.Abs(newton);
        bool halves = two * size <= step, closing = size < T.CreateTruncating(64) * unit || (!halves && T.CreateTruncating(16) * size <= high - low);
        if (closing)
        {
            T over = T.Max(two * size, step <= T.CreateTruncating(256) * unit ? two * step : two * unit);
            newton = below ? over : -over;
        }
        T next = x + newton;
        bool narrow = high - low <= T.CreateTruncating(64) * unit;
        if (iteration > LastNewtonStep || narrow || !(next > low && next < high) || !(closing || halves)) next = Middle(low, high);
        step = T.Abs(next - x);
        x = next;
        return 0;
    }

    // Halves the number of digits that are open, not the width, where the bracket spans magnitudes.
    private static T Middle<T>(T low, T high)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T half = T.CreateTruncating(0.5);
        if (high - low > T.CreateTruncating(8))
        {
            T middle = T.Sinh((half * T.Asinh(low)) + (half * T.Asinh(high)));
            if (middle > low && middle < high) return middle;
        }
        return (half * low) + (half * high);
    }

    private static void Fail<T>(Span<T> status, int i, int columns, int why)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        status[0] = T.Zero;
        status[1] = T.CreateTruncating(i / columns);
        status[2] = T.CreateTruncating(i % columns);
        status[3] = T.CreateTruncating(why);
    }
}
