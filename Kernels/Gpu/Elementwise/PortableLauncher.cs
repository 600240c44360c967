using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>Runs portable bodies as kernels of a device.</summary>
/// <remarks>Four elements an item where every slice starts at a multiple of four elements, else one; the bits are the same.</remarks>
internal sealed class PortableLauncher<T, TView, TLane>(GpuContext<T, TView, TLane> gpu) : IPortableLauncher<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    // Rows up to this length are an item's work; longer ones a group's.
    private const int Narrow = 32;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public void Each<TBody>(in KernelArgs args, TBody body, bool adds = false) where TBody : struct, IElementBody<T>
    {
        ReadOnlySpan<Slice> s = args.Slices;
        Slice y = s[^1], row = TBody.HasRow ? s[TBody.Inputs] : Slice.None;
        for (int k = 0; k < TBody.Inputs; k++) Lengths.Same("Each", "input", s[k].Length, "result", y.Length);
        int columns = TBody.HasRow ? Lengths.Columns("Each", "result", y.Length, "row", row.Length) : 0;
        if (y.Length == 0) return;
        ElementViews<T, TView> x = Views<TBody>(s, row, columns);
        TView to = adds ? gpu.Update(y) : gpu.Write(y);
        if (IsAligned(s[..TBody.Inputs]) && y.Offset % 4 == 0 && columns % 4 == 0)
            gpu.Each((int)((y.Length + 3L) / 4), new EachQuadKernel<T, TView, TLane, TBody>(x, to, adds ? 1 : 0, body));
        else gpu.Each(y.Length, new EachKernel<T, TView, TLane, TBody>(x, to, adds ? 1 : 0, body));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public void Rows<TBody>(in KernelArgs args, TBody body) where TBody : struct, IRowBody<T>
    {
        ReadOnlySpan<Slice> s = args.Slices;
        int results = TBody.Settings > 0 ? 2 : 1;
        Slice x = s[0], settings = TBody.Settings > 0 ? Settings(s[1], TBody.Settings) : Slice.None, y = s[results], second = TBody.HasSecond ? s[results + 1] : Slice.None, sums = s[^1];
        Lengths.Same("Rows", "x", x.Length, "y", y.Length);
        if (TBody.HasSecond) Lengths.Same("Rows", "x", x.Length, "second result", second.Length);
        int columns = Lengths.Columns("Rows", "x", x.Length, "sums", sums.Length);
        if (sums.Length == 0) return;
        var views = new RowViews<T, TView>(gpu.Read(x), gpu.Read(settings), gpu.Write(y), gpu.Write(second), columns);
        if (columns <= Narrow)
        {
            gpu.Each(sums.Length, new NarrowRowsKernel<T, TView, TLane, TBody>(views, gpu.Write(sums), body));
            return;
        }
        bool isAligned = columns % 4 == 0 && IsAligned([x, y]) && (!TBody.HasSecond || second.Offset % 4 == 0);
        gpu.Launch(new Grid(sums.Length, 1, 1, ItemsFor((columns + 3) / 4)), new RowsKernel<T, TView, TLane, TBody>(views, gpu.Write(sums), isAligned ? 1 : 0, body));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public void First<TBody>(in KernelArgs args, TBody body) where TBody : struct, IElementBody<T>
    {
        ReadOnlySpan<Slice> s = args.Slices;
        int columns = args.Sizes[0], rows = columns == 0 ? 0 : s[0].Length / columns;
        Lengths.Same("First", "x", s[0].Length, "rows times columns", rows * columns);
        Slice found = gpu.Scratch(rows);
        if (rows > 0)
            gpu.Launch(new Grid(rows, 1, 1, ItemsFor(columns)), new FirstInRowKernel<T, TView, TLane, TBody>(Views<TBody>(s, Slice.None, columns), gpu.Write(found), body));
        gpu.Launch(new Grid(1, 1, 1, ItemsFor(rows)), new FirstRowKernel<T, TView, TLane>(gpu.Read(found), gpu.Write(s[^1])));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The planes differ in length.</exception>
    public void Sweep<TRule>(in KernelArgs args, TRule rule) where TRule : struct, IPlaneRule<TRule, T>
    {
        ReadOnlySpan<Slice> s = args.Slices[..(2 + TRule.Slots)];
        int length = s[0].Length;
        for (int k = 1; k < s.Length; k++) Lengths.Same("Sweep", "value", length, "plane", s[k].Length);
        if (length == 0) return;
        var planes = new SweepViews<T, TView>(
            gpu.Update(s[0]), gpu.Read(s[1]), TRule.Slots > 0 ? gpu.Update(s[2]) : default, TRule.Slots > 1 ? gpu.Update(s[3]) : default, TRule.Slots > 2 ? gpu.Update(s[4]) : default);
        if (IsAligned(s)) gpu.Each((int)((length + 3L) / 4), new SweepQuadKernel<T, TView, TLane, TRule>(planes, rule));
        else gpu.Each(length, new SweepKernel<T, TView, TLane, TRule>(planes, rule));
    }

    private ElementViews<T, TView> Views<TBody>(ReadOnlySpan<Slice> s, Slice row, int columns) where TBody : struct, IElementBody<T>
    {
        Slice settings = TBody.Settings > 0 ? Settings(s[TBody.Inputs + (TBody.HasRow ? 1 : 0)], TBody.Settings) : Slice.None;
        return new ElementViews<T, TView>(
            gpu.Read(s[0]), TBody.Inputs > 1 ? gpu.Read(s[1]) : default, TBody.Inputs > 2 ? gpu.Read(s[2]) : default, TBody.Inputs > 3 ? gpu.Read(s[3]) : default,
            gpu.Read(row), gpu.Read(settings), columns);
    }

    private static Slice Settings(Slice settings, int count)
        => settings.Length >= count ? settings : throw new ArgumentException($"A kernel with {count} settings was given {settings.Length}.");

    // A power of two, from 32 on, that covers the work or is the most that kernels here use.
    private int ItemsFor(int work)
    {
        int items = Math.Min(32, gpu.Items);
        while (items < work && 2 * items <= gpu.Items) items *= 2;
        return (int)BitOperations.RoundUpToPowerOf2((uint)(items + 1)) / 2;
    }

    private static bool IsAligned(ReadOnlySpan<Slice> slices)
    {
        foreach (Slice s in slices)
            if (s.Offset % 4 != 0) return false;
        return true;
    }
}
