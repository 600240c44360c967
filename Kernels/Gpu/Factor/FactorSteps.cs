using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The steps of <see cref="FactorLaunch{T, TView, TLane}"/> for panels of <typeparamref name="TWidth"/> columns, and groups of <typeparamref name="TItems"/> items where an item takes a column.</summary>
internal static class FactorSteps<T, TView, TLane, TWidth, TItems>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TWidth : struct, ILength
    where TItems : struct, ILength
{
    private static readonly TriangleSide UnitLower = new(Lower: 1, Unit: 1, Transposed: 0, ByRows: 0), Upper = new(Lower: 0, Unit: 0, Transposed: 0, ByRows: 0);

    public static void Run(GpuContext<T, TView, TLane> gpu, in FactorArgs args)
    {
        int n = args.N;
        Slice a = Need(args, args.A, n, n, "A");
        switch (args.Kind)
        {
            case FactorKind.Lu:
                Factor(gpu, a, n, Need(args, args.P, n, 1, "P (pivots)"));
                break;

            case FactorKind.LogAbsDet:
                gpu.Launch(new Grid(1, 1, 1, gpu.Items), new LogAbsDetKernel<T, TView, TLane>(
                    gpu.Read(a), n, gpu.Read(Need(args, args.P, n, 1, "P (pivots)")), gpu.Write(Need(args, args.R, 2, 1, "R (log|det|, sign)")), 1));
                break;

            case FactorKind.Solve:
            case FactorKind.SolveTransposed:
            case FactorKind.SolveRows:
                Solve(gpu, args, a, Need(args, args.P, n, 1, "P (pivots)"), Need(args, args.B, n, args.Rhs, "B"));
                break;

            case FactorKind.Inverse:
                Invert(gpu, args, a, Need(args, args.P, n, 1, "P (pivots)"), Need(args, args.R, n, n, "R"));
                break;

            case FactorKind.SolveLower:
                Triangle(gpu, new TriangleSide(Lower: 1, Unit: 0, Transposed: 0, ByRows: 0), a, n, 0, n, Need(args, args.B, n, args.Rhs, "B"), args.Rhs, args.Rhs);
                break;

            case FactorKind.SolveUpper:
                Triangle(gpu, Upper, a, n, 0, n, Need(args, args.B, n, args.Rhs, "B"), args.Rhs, args.Rhs);
                break;

            default:
                Triangle(gpu, UnitLower, a, n, 0, n, Need(args, args.B, n, args.Rhs, "B"), args.Rhs, args.Rhs);
                break;
        }
    }

    // Panel, exchanges in all other columns, triangle and product in what is left of the block; then triangle and product right of the block.
    private static void Factor(GpuContext<T, TView, TLane> gpu, Slice a, int n, Slice pivots)
    {
        int width = TWidth.Value, block = n >= 32 * width ? 4 * width : n >= 5 * width ? 2 * width : width;
        for (int start = 0; start < n; start += block)
        {
            int end = Math.Min(n, start + block);
            for (int k = start; k < end; k += width)
            {
                int w = Math.Min(width, end - k);
                Panel(gpu, a, n, pivots.Part(k, w), k);
                Slice rows = a.Part(k * n, (n - k) * n);
                if (n > w)
                    gpu.Launch(Grid.Over(n, TItems.Value), new RowExchangeKernel<T, TView, TLane, TWidth, TItems>(gpu.Update(rows), n, gpu.Read(pivots.Part(k, w)), n, k, w));
                Right(gpu, a, n, k, k + w, end);
            }
            Right(gpu, a, n, start, end, n);
        }
    }

    // Columns end..stop after the columns start..end are done.
    private static void Right(GpuContext<T, TView, TLane> gpu, Slice a, int n, int start, int end, int stop)
    {
        if (end == stop) return;
        Triangle(gpu, UnitLower, Sub(a, n, start, start, end - start, end - start), n, 0, end - start, Sub(a, n, start, end, end - start, stop - end), n, stop - end);
        Subtract(gpu, n - end, stop - end, end - start, Sub(a, n, end, start, n - end, end - start), n, false, Sub(a, n, start, end, end - start, stop - end), n, false, Sub(a, n, end, end, n - end, stop - end), n);
    }

    private static void Panel(GpuContext<T, TView, TLane> gpu, Slice a, int n, Slice pivots, int k)
    {
        int rows = n - k, columns = pivots.Length;
        Slice source = Sub(a, n, k, k, rows, columns), panel = gpu.Scratch(rows * columns, of: 1);
        int items = Math.Min(gpu.Limits.Items, FactorLengths.Most.Value), tile = TWidth.Value;
        gpu.Launch(new Grid(Over(rows, tile), Over(columns, tile), 1, gpu.Items), new TransposeTileKernel<T, TView, TWidth>(gpu.Read(source), n, gpu.Write(panel), rows, rows, columns));
        gpu.Launch(new Grid(1, 1, 1, items), new LuPanelKernel<T, TView, TLane, TWidth>(gpu.Update(panel), gpu.Write(pivots), rows, columns, k));
        gpu.Launch(new Grid(Over(columns, tile), Over(rows, tile), 1, gpu.Items), new TransposeTileKernel<T, TView, TWidth>(gpu.Read(panel), rows, gpu.Update(source), n, columns, rows));
    }

    private static void Solve(GpuContext<T, TView, TLane> gpu, in FactorArgs args, Slice lu, Slice pivots, Slice b)
    {
        int n = args.N, rhs = args.Rhs;
        Check(gpu, args, lu);
        if (rhs == 0) return;
        bool isRows = args.Kind == FactorKind.SolveRows, isTransposed = args.Kind == FactorKind.SolveTransposed;
        int transposed = isTransposed ? 1 : 0, byRows = isRows ? 1 : 0, stride = isRows ? n : rhs;
        Slice work = gpu.Scratch(n + (n * rhs), of: 1), sources = work.Part(0, n), copy = work.Part(n, n * rhs);
        gpu.Each(n, new TracePivotsKernel<T, TView, TLane>(gpu.Read(pivots), gpu.Write(sources)));
        if (!isTransposed) Permute(gpu, b, copy, sources, stride, byRows, back: 0);
        Slice x = isTransposed ? b : copy;
        TriangleSide unit = UnitLower with { Transposed = transposed, ByRows = byRows }, upper = Upper with { Transposed = transposed, ByRows = byRows };
        Triangle(gpu, isTransposed ? upper : unit, lu, n, 0, n, x, stride, rhs);
        Triangle(gpu, isTransposed ? unit : upper, lu, n, 0, n, x, stride, rhs);
        if (isTransposed) Permute(gpu, b, copy, sources, stride, byRows, back: 1);
        Permute(gpu, copy, b, Slice.None, stride, 0, back: 0);
    }

    // A^-1 = U^-1 L^-1 P: L^-1 is triangular, so the permutation waits and is done on columns.
    private static void Invert(GpuContext<T, TView, TLane> gpu, in FactorArgs args, Slice lu, Slice pivots, Slice result)
    {
        int n = args.N;
        Check(gpu, args, lu);
        Slice work = gpu.Scratch(n + (n * n), of: 1), sources = work.Part(0, n), x = work.Part(n, n * n);
        gpu.Each(n, new TracePivotsKernel<T, TView, TLane>(gpu.Read(pivots), gpu.Write(sources)));
        gpu.Each(n * n, new ScaledIdentityKernel<T, TView>(gpu.Write(x), default, n));
        InvertUnitLower(gpu, lu, n, 0, n, x);
        Triangle(gpu, Upper, lu, n, 0, n, x, n, n);
        Permute(gpu, x, result, sources, n, 1, back: 1);
    }

    // The diagonal block from..to of x, so far the unit matrix, becomes that of L^-1: n^3/3 flops in all, as what stands right of it is zero.
    private static void InvertUnitLower(GpuContext<T, TView, TLane> gpu, Slice lu, int n, int from, int to, Slice x)
    {
        int size = to - from;
        if (size <= TWidth.Value)
        {
            Leaf(gpu, UnitLower, Sub(lu, n, from, from, size, size), n, size, Sub(x, n, from, from, size, size), n, size);
            return;
        }
        int middle = from + Half(size), first = middle - from, second = to - middle;
        InvertUnitLower(gpu, lu, n, from, middle, x);
        Slice corner = Sub(x, n, middle, from, second, first);
        Subtract(gpu, second, first, first, Sub(lu, n, middle, from, second, first), n, false, Sub(x, n, from, from, first, first), n, false, corner, n);
        Triangle(gpu, UnitLower, Sub(lu, n, middle, middle, second, second), n, 0, second, corner, n, first);
        InvertUnitLower(gpu, lu, n, middle, to, x);
    }

    // B[from..to] := op(A[from..to, from..to])^-1 B[from..to], by halves: most of the work in products of the largest size there is.
    private static void Triangle(GpuContext<T, TView, TLane> gpu, TriangleSide side, Slice a, int stride, int from, int to, Slice b, int strideB, int count)
    {
        if (count == 0) return;
        int size = to - from;
        bool byRows = side.ByRows != 0;
        if (size <= TWidth.Value)
        {
            Leaf(gpu, side, Sub(a, stride, from, from, size, size), stride, size, Unknowns(byRows, b, strideB, from, to, count), strideB, count);
            return;
        }
        int middle = from + Half(size);
        (int doneFrom, int doneTo) = side.IsForward ? (from, middle) : (middle, to);
        (int nextFrom, int nextTo) = side.IsForward ? (middle, to) : (from, middle);
        int done = doneTo - doneFrom, next = nextTo - nextFrom;
        Triangle(gpu, side, a, stride, doneFrom, doneTo, b, strideB, count);
        bool transposed = side.Transposed != 0;
        Slice part = transposed ? Sub(a, stride, doneFrom, nextFrom, done, next) : Sub(a, stride, nextFrom, doneFrom, next, done);
        Slice known = Unknowns(byRows, b, strideB, doneFrom, doneTo, count), unknown = Unknowns(byRows, b, strideB, nextFrom, nextTo, count);
        if (byRows) Subtract(gpu, count, next, done, known, strideB, false, part, stride, !transposed, unknown, strideB);
        else Subtract(gpu, next, count, done, part, stride, transposed, known, strideB, false, unknown, strideB);
        Triangle(gpu, side, a, stride, nextFrom, nextTo, b, strideB, count);
    }

    private static Slice Unknowns(bool byRows, Slice b, int strideB, int from, int to, int count)
        => byRows ? Sub(b, strideB, 0, from, count, to - from) : Sub(b, strideB, from, 0, to - from, count);

    private static void Leaf(GpuContext<T, TView, TLane> gpu, TriangleSide side, Slice a, int stride, int order, Slice b, int strideB, int count)
        => gpu.Launch(Grid.Over(count, TItems.Value), new TriangleSolveKernel<T, TView, TLane, TWidth, TItems>(gpu.Read(a), stride, order, side, gpu.Update(b), strideB, count));

    private static void Subtract(
        GpuContext<T, TView, TLane> gpu, int m, int n, int k, Slice a, int lda, bool transposeA, Slice b, int ldb, bool transposeB, Slice c, int ldc)
        => GemmLaunch<T, TView, TLane>.Run(gpu, new GemmArgs(m, n, k, a, b, c)
        {
            TransposeA = transposeA,
            TransposeB = transposeB,
            Alpha = -1,
            Accumulate = true,
            Lda = lda,
            Ldb = ldb,
            Ldc = ldc,
        });

    private static void Permute(GpuContext<T, TView, TLane> gpu, Slice from, Slice to, Slice sources, int columns, int ofColumns, int back)
        => gpu.Each(to.Length, new PermuteKernel<T, TView, TLane>(gpu.Read(from), gpu.Write(to), gpu.Read(sources), columns, ofColumns, back));

    private static void Check(GpuContext<T, TView, TLane> gpu, in FactorArgs args, Slice lu)
        => gpu.Launch(new Grid(1, 1, 1, gpu.Items), new ZeroPivotKernel<T, TView, TLane>(gpu.Read(lu), args.N, 1, gpu.Update(gpu.PivotFlag(args.Kind.ToString(), args.N))));

    // The larger half, in whole panels.
    private static int Half(int size) => (Over(size, TWidth.Value) + 1) / 2 * TWidth.Value;

    private static int Over(int count, int each) => (count + each - 1) / each;

    private static Slice Sub(Slice matrix, int stride, int row, int column, int rows, int columns)
        => matrix.Part((row * stride) + column, ((rows - 1) * stride) + columns);

    private static Slice Need(in FactorArgs args, Slice slice, int rows, int columns, string name)
    {
        int needed = checked(rows * columns);
        if (slice.Length < needed) Throw.Factor(args.Kind, name, needed, slice.Length);
        return slice.Part(0, needed);
    }
}
