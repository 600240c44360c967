using System.Globalization;
using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Refuses values outside an interval, for maps that are defined on part of the line only. Records nothing. NaN is in no interval: it is refused too.</summary>
/// <remarks>When it throws is a matter of <see cref="DeferredChecks{T}"/>: at once on the CPU and in evaluation, at the next read in training on a device.</remarks>
public static class IntervalCheck
{
    /// <summary>Checks that every element of x lies in (low, high), or in [low, high] where <paramref name="closed"/>. One pass over x; allocates nothing.</summary>
    /// <param name="tape">The tape that holds x.</param>
    /// <param name="x">Values [rows x cols].</param>
    /// <param name="low">Lower end; may be minus infinity.</param>
    /// <param name="high">Upper end; may be infinity.</param>
    /// <param name="what">Who asks, such as <c>tanh, inverse</c>.</param>
    /// <param name="wayOut">What to do about it, such as <c>scale its input</c>.</param>
    /// <param name="closed">Whether the ends are in the interval.</param>
    /// <exception cref="OutsideDomainException">An element is not in the interval, or NaN; the message names row, column and value of the first.</exception>
    public static void RequireBetween<T>(this Tape<T> tape, Var x, double low, double high, string what, string wayOut, bool closed = false) where T : unmanaged, IFloatingPointIeee754<T>
        => Check(tape, x, new CheckSite<T>(
            static (s, row, column, value) => new OutsideDomainException(string.Create(
                CultureInfo.InvariantCulture,
                $"{s.Scope}{s.What}: row {row}, column {column} is {value}, outside {(s.Closed ? '[' : '(')}{s.Low:G6}, {s.High:G6}{(s.Closed ? ']' : ')')}; {s.WayOut}.")),
            tape.Scope, what, wayOut, low, high, closed));

    /// <summary>Checks that lengths of rows [rows x 1] stay below a limit, as those of points of a ball do. One pass; allocates nothing.</summary>
    /// <param name="tape">The tape that holds them.</param>
    /// <param name="norms">Lengths [rows x 1], not negative.</param>
    /// <param name="limit">What they must stay below.</param>
    /// <param name="what">Who asks.</param>
    /// <exception cref="OutsideDomainException">A length is not below the limit, or NaN; the message names row and length of the first.</exception>
    public static void RequireNormBelow<T>(this Tape<T> tape, Var norms, double limit, string what) where T : unmanaged, IFloatingPointIeee754<T>
        => Check(tape, norms, new CheckSite<T>(
            static (s, row, _, norm) => new OutsideDomainException(string.Create(
                CultureInfo.InvariantCulture,
                $"{s.Scope}{s.What}: row {row} has norm {norm}, expected one below {s.High:G6}; scale the points, or give the radius that they have.")),
            tape.Scope, what, "", -1, limit, false));

    private static void Check<T>(Tape<T> tape, Var x, in CheckSite<T> site) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int, int) borrowed = tape.Workspace.Mark;
        Slice found = tape.Workspace.Take(2), values = tape.ValueOf(x);
        tape.Backend.Run(Kernels<T>.Find, new KernelArgs([values, found], [x.Cols, site.Closed ? 1 : 0], [site.Low, site.High]));
        tape.Checks.Check(site, found, values, x.Cols, -1);
        tape.Workspace.Reset(borrowed);
    }

    private static class Kernels<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Slices x, found: row (-1: none) and column of the first element outside, two numbers so that float holds both exactly. Sizes columns, closed; reals low, high.
        public static readonly KernelId Find = CpuKernels<T>.Define("outside-interval", static (in CpuArgs<T> a) =>
        {
            ReadOnlySpan<T> x = a[0];
            Span<T> found = a[1];
            T low = a.Real(0), high = a.Real(1);
            bool closed = a.Size(1) == 1;
            found[0] = -T.One;
            found[1] = T.Zero;
            for (int i = 0; i < x.Length; i++)
            {
                if ((x[i] > low && x[i] < high) || (closed && (x[i] == low || x[i] == high))) continue;
                found[0] = T.CreateTruncating(i / a.Size(0));
                found[1] = T.CreateTruncating(i % a.Size(0));
                return;
            }
        });
    }
}
