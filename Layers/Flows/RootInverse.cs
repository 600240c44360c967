using System.Globalization;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// The inverse of an increasing map without a closed one. The root is found outside the gradient, by a bracket that grows until it holds
/// the root and shrinks to 4 units in the last place (of |x|, or of 1/64 nearer to 0, before a last Newton step within the bracket); then one recorded Newton step carries first derivatives, reverse and forward.
/// </summary>
/// <remarks>Cost: about 13 evaluations of the map on the whole batch, then two recorded ones; no managed allocation beyond what the map's own recording needs.</remarks>
public static class RootInverse
{
    // The growth of a bracket to the largest number, and the halving of 64 digits.
    private const int MostSteps = 600;

    /// <summary>Records x with f(x) = z, for x and z on the whole line.</summary>
    /// <returns>x and log f'(x), shaped like z; log|det dx/dz| of a row is minus the sum of the latter.</returns>
    /// <exception cref="OutsideDomainException">An element of z has no root, or none with a slope that can be inverted; the message names row and column. NaN is none: it stays NaN.</exception>
    public static (Var X, Var LogSlope) Record<T, TMap>(Tape<T> tape, string kind, Var z, in TMap map)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TMap : struct, IMonotoneMap<T>
        => Record(tape, kind, z, map, RootBounds.Line);

    /// <summary>As the other, for a map of stated domain and range.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="kind">Whose inverse it is, for messages.</param>
    /// <param name="z">[rows x cols].</param>
    /// <param name="map">The increasing map; called about 15 times.</param>
    /// <param name="bounds">Its domain and range.</param>
    public static (Var X, Var LogSlope) Record<T, TMap>(Tape<T> tape, string kind, Var z, in TMap map, in RootBounds bounds)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TMap : struct, IMonotoneMap<T>
    {
        Var root = tape.Allocate(z.Rows, z.Cols, false).Detach(), status = tape.Allocate(1, RootSearch.StatusLength, false);
        Search(tape, kind, z.Detach(), root, status, map, bounds);
        (Var f, Var slope) = map.Record(tape, root);
        tape.Backend.Run(Kernels<T>.CheckSlopes, new KernelArgs([tape.ValueOf(slope), tape.ValueOf(status)], [z.Cols]));
        Require(tape, kind, z, status, bounds);
        // The root is as near as it can be found: the step's value is taken out again, its derivatives stay.
        Var residual = tape.Subtract(z, f);
        Var step = tape.Multiply(tape.Subtract(residual, residual.Detach()), tape.Exp(tape.Negate(slope.Detach())));
        Var x = tape.Add(step, root);
        return (x, map.Record(tape, x).LogSlope);
    }

    private static void Search<T, TMap>(Tape<T> tape, string kind, Var z, Var x, Var status, in TMap map, in RootBounds bounds)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TMap : struct, IMonotoneMap<T>
    {
        bool recorded = tape.RecordsGradients;
        TapeMark start = tape.Mark();
        Var low = tape.Allocate(z.Rows, z.Cols, false), high = tape.Allocate(z.Rows, z.Cols, false), step = tape.Allocate(z.Rows, z.Cols, false);
        tape.Backend.Run(
            Kernels<T>.Begin, new KernelArgs([tape.ValueOf(z), tape.ValueOf(x), tape.ValueOf(low), tape.ValueOf(high), tape.ValueOf(step), tape.ValueOf(status)],
            [z.Cols], [bounds.From, bounds.To, bounds.Least, bounds.Most]));
        bool open = Require(tape, kind, z, status, bounds);
        tape.RecordsGradients = false;
        try
        {
            for (int i = 0; open; i++)
            {
                if (i == MostSteps) throw new ArithmeticException($"{kind}: the inverse is not found after {i} steps; the map does not increase.");
                TapeMark mark = tape.Mark();
                (Var f, Var slope) = map.Record(tape, x);
                tape.Backend.Run(
                    Kernels<T>.Step,
                    new KernelArgs([tape.ValueOf(z), tape.ValueOf(f), tape.ValueOf(slope), tape.ValueOf(x), tape.ValueOf(low), tape.ValueOf(high), tape.ValueOf(step), tape.ValueOf(status)],
                    [z.Cols, i], [bounds.From, bounds.To]));
                tape.Release(mark);
                open = Require(tape, kind, z, status, bounds);
            }
        }
        finally
        {
            tape.RecordsGradients = recorded;
            tape.Release(start);
        }
    }

    private static bool Require<T>(Tape<T> tape, string kind, Var z, Var status, in RootBounds bounds) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> report = stackalloc T[RootSearch.StatusLength];
        tape.Read(status, report);
        if (report[1] < T.Zero) return report[0] > T.Zero;
        int row = int.CreateTruncating(report[1]), column = int.CreateTruncating(report[2]);
        T value = tape.Scalar(z.Element((row * z.Cols) + column));
        string reason = int.CreateTruncating(report[3]) switch
        {
            RootSearch.OutsideRange => string.Create(CultureInfo.InvariantCulture, $"the range is ({bounds.Least:G6}, {bounds.Most:G6})"),
            RootSearch.NoRoot => string.Create(CultureInfo.InvariantCulture, $"no x in ({bounds.From:G6}, {bounds.To:G6}) is mapped to it"),
            RootSearch.NotANumber => "the map overflows on the way to it",
            _ => "the slope there is 0 or infinite, rounded",
        };
        throw new OutsideDomainException(string.Create(CultureInfo.InvariantCulture, $"{kind}: row {row}, column {column} of the inverse's input is {value}, which has no inverse: {reason}; keep inputs inside."));
    }

    private static class Kernels<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Slices z, x, low, high, step, status; size columns; reals from, to, least, most.
        public static readonly KernelId Begin = CpuKernels<T>.Define("root-search-begin",
            static (in CpuArgs<T> a) => RootSearch.Begin(a[0], a[1], a[2], a[3], a[4], a[5], a.Size(0), a.Real(0), a.Real(1), a.Real(2), a.Real(3)));

        // Slices z, f, log slope, x, low, high, step, status; sizes columns, iteration; reals from, to.
        public static readonly KernelId Step = CpuKernels<T>.Define("root-search-step",
            static (in CpuArgs<T> a) => RootSearch.Step(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a.Size(0), a.Size(1), a.Real(0), a.Real(1)));

        // Slices log slope, status; size columns.
        public static readonly KernelId CheckSlopes = CpuKernels<T>.Define("root-search-slopes",
            static (in CpuArgs<T> a) => RootSearch.CheckSlopes<T>(a[0], a[1], a.Size(0)));
    }
}
