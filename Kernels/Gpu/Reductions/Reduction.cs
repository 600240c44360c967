using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Launches of reductions. How a sum is cut and in which order it is added depends on its sizes alone, so every device gives the same bits.</summary>
internal static class Reduction<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    // Rows up to here go to one item each, columns too: a group would be idle for most of the time.
    private const int ShortRow = 64, ShortColumn = 32;

    private const int RowPart = 4096, MostRowParts = 1024, ColumnPart = 256, MostColumnParts = 128;

    /// <summary>y[r] := scale * (terms r length .. (r + 1) length - 1 joined) + offset, or the same added to y[r].</summary>
    public static void Rows<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int length, in TTerm term, Slice y, double scale = 1, double offset = 0, bool adds = false)
        where TTerm : struct, ITerm<TLane>
    {
        if (rows == 0) return;
        int parts = Parts(length, RowPart, MostRowParts);
        if (length <= ShortRow || parts == 1) Whole(gpu, rows, length, term, To(gpu, y, scale, offset, adds));
        else
        {
            Slice partial = gpu.Scratch(checked(rows * parts));
            Long(gpu, rows, length, term, To(gpu, partial, 1, 0, false), parts);
            var second = new PartialTerm<T, TView, TLane, TTerm>(gpu.Read(partial));
            Whole(gpu, rows, parts, second, To(gpu, y, scale, offset, adds));
        }
    }

    /// <summary>y[r] := scale * (terms r length .. (r + 1) length - 1 joined), without scratch memory: for rows too short to be worth cutting, or so many that they need not be.</summary>
    public static void WholeRows<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int length, in TTerm term, Slice y, double scale = 1)
        where TTerm : struct, ITerm<TLane>
    {
        if (rows > 0) Whole(gpu, rows, length, term, To(gpu, y, scale, 0, false));
    }

    /// <summary>y[c] += scale * (sum over r of the terms r cols + c); where the term has a second sum, it goes to <paramref name="other"/>.</summary>
    public static void Columns<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int cols, in TTerm term, Slice y, Slice other, double scale = 1)
        where TTerm : struct, IColumnTerm<TLane>
        => Columns(gpu, rows, cols, term, y, other, gpu.Scratch(ColumnScratch<TTerm>(rows, cols)), scale, adds: true);

    /// <summary>The same in scratch memory that the caller has already, <see cref="ColumnScratch"/> elements; or without adding to what is there.</summary>
    public static void Columns<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int cols, in TTerm term, Slice y, Slice other, Slice scratch, double scale, bool adds)
        where TTerm : struct, IColumnTerm<TLane>
    {
        if (cols == 0) return;
        int parts = Parts(rows, ColumnPart, MostColumnParts);
        if (parts == 1)
        {
            Column(gpu, rows, cols, term, To(gpu, y, scale, 0, adds), To(gpu, other, scale, 0, adds));
            return;
        }
        int size = parts * cols, part = (rows + parts - 1) / parts;
        Slice partial = scratch.Part(0, size), others = TTerm.HasSecond ? scratch.Part(size, size) : Slice.None;
        gpu.Launch(ColumnGrid(gpu, cols, parts), new ReduceColumnsKernel<T, TView, TLane, TTerm>(term, To(gpu, partial, 1, 0, false), To(gpu, others, 1, 0, false), rows, cols, part));
        if (TTerm.HasSecond)
            Column(gpu, parts, cols, new ColumnPartialPairTerm<T, TView, TLane>(gpu.Read(partial), gpu.Read(others)), To(gpu, y, scale, 0, adds), To(gpu, other, scale, 0, adds));
        else
            Column(gpu, parts, cols, new ColumnSumTerm<T, TView, TLane>(gpu.Read(partial)), To(gpu, y, scale, 0, adds), default);
    }

    /// <summary>Scratch memory that a sum over columns takes.</summary>
    public static int ColumnScratch<TTerm>(int rows, int cols)
        where TTerm : struct, IColumnTerm<TLane>
    {
        int parts = Parts(rows, ColumnPart, MostColumnParts);
        return parts == 1 ? 0 : checked(parts * cols * (TTerm.HasSecond ? 2 : 1));
    }

    private static void Column<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int cols, in TTerm term, in Outcome<T, TView, TLane> first, in Outcome<T, TView, TLane> second)
        where TTerm : struct, IColumnTerm<TLane>
    {
        if (rows <= ShortColumn) gpu.Each(cols, new ReduceShortColumnsKernel<T, TView, TLane, TTerm>(term, first, second, rows, cols));
        else gpu.Launch(ColumnGrid(gpu, cols, 1), new ReduceColumnsKernel<T, TView, TLane, TTerm>(term, first, second, rows, cols, rows));
    }

    private static void Whole<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int length, in TTerm term, in Outcome<T, TView, TLane> outcome)
        where TTerm : struct, ITerm<TLane>
    {
        if (length <= ShortRow) gpu.Each(rows, new ReduceShortRowsKernel<T, TView, TLane, TTerm>(term, outcome, rows, length));
        else Long(gpu, rows, length, term, outcome, 1);
    }

    private static void Long<TTerm>(GpuContext<T, TView, TLane> gpu, int rows, int length, in TTerm term, in Outcome<T, TView, TLane> outcome, int parts)
        where TTerm : struct, ITerm<TLane>
        => gpu.Launch(new Grid(rows, parts, 1, gpu.Items), new ReduceRowsKernel<T, TView, TLane, TTerm>(term, outcome, length, (length + parts - 1) / parts, parts));

    private static Grid ColumnGrid(GpuContext<T, TView, TLane> gpu, int cols, int parts) => new((cols + ColumnTile.Columns - 1) / ColumnTile.Columns, parts, 1, gpu.Items);

    private static int Parts(int length, int part, int most) => Math.Clamp((int)(((long)length + part - 1) / part), 1, most);

    private static Outcome<T, TView, TLane> To(GpuContext<T, TView, TLane> gpu, Slice y, double scale, double offset, bool adds)
        => new(adds ? gpu.Update(y) : gpu.Write(y), T.CreateTruncating(scale), T.CreateTruncating(offset), adds ? 1 : 0);
}
