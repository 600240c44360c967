using System.Globalization;
using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Refuses values outside an interval, for maps that are defined on part of the line only. Records nothing. NaN is in no interval: it is refused too.</summary>
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
    {
        if (FirstOutside(tape, x, low, high, closed) is not (int row, int column, T value)) return;
        throw new OutsideDomainException(string.Create(
            CultureInfo.InvariantCulture,
            $"{tape.Scope}{what}: row {row}, column {column} is {value}, outside {(closed ? '[' : '(')}{low:G6}, {high:G6}{(closed ? ']' : ')')}; {wayOut}."));
    }

    /// <summary>Checks that lengths of rows [rows x 1] stay below a limit, as those of points of a ball do. One pass; allocates nothing.</summary>
    /// <param name="tape">The tape that holds them.</param>
    /// <param name="norms">Lengths [rows x 1], not negative.</param>
    /// <param name="limit">What they must stay below.</param>
    /// <param name="what">Who asks.</param>
    /// <exception cref="OutsideDomainException">A length is not below the limit, or NaN; the message names row and length of the first.</exception>
    public static void RequireNormBelow<T>(this Tape<T> tape, Var norms, double limit, string what) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (FirstOutside(tape, norms, -1, limit, false) is not (int row, _, T norm)) return;
        throw new OutsideDomainException(string.Create(CultureInfo.InvariantCulture, $"{tape.Scope}{what}: row {row} has norm {norm}, expected one below {limit:G6}; scale the points, or give the radius that they have."));
    }

    // Row, column and value of the first element outside, or none.
    private static (int Row, int Column, T Value)? FirstOutside<T>(Tape<T> tape, Var x, double low, double high, bool closed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int, int) borrowed = tape.Workspace.Mark;
        Slice found = tape.Workspace.Take(2);
        tape.Backend.Run(Kernels<T>.Find, new KernelArgs([tape.ValueOf(x), found], [x.Cols, closed ? 1 : 0], [low, high]));
        Span<T> place = stackalloc T[2], value = stackalloc T[1];
        tape.Backend.Read(found, place);
        tape.Workspace.Reset(borrowed);
        if (place[0] < T.Zero) return null;
        int row = int.CreateTruncating(place[0]), column = int.CreateTruncating(place[1]);
        tape.Backend.Read(tape.ValueOf(x).Part((row * x.Cols) + column, 1), value);
        return (row, column, value[0]);
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
