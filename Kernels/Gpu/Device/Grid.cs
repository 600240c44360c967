namespace NativeFlow.Kernels.Gpu;

/// <summary>How many groups a launch has, and how many items each of them.</summary>
/// <param name="X">Groups along x.</param>
/// <param name="Y">Groups along y.</param>
/// <param name="Z">Groups along z.</param>
/// <param name="Items">Items in a group.</param>
public readonly record struct Grid(int X, int Y, int Z, int Items)
{
    /// <summary>Number of groups.</summary>
    public long Groups => (long)X * Y * Z;

    /// <summary>One item for each of <paramref name="count"/> elements, in groups of <paramref name="items"/>.</summary>
    public static Grid Over(int count, int items) => new((int)(((long)count + items - 1) / items), 1, 1, items);
}
