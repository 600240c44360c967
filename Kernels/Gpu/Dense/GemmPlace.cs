namespace NativeFlow.Kernels.Gpu;

/// <summary>Which tile of C a group computes.</summary>
public readonly struct GemmPlace
{
    // Tiles go down in panels of so many rows of tiles: groups that run side by side then share both operands in the cache.
    private const int Panel = 8;

    /// <summary>The place of the group numbered <paramref name="number"/>.</summary>
    public GemmPlace(int number, in GemmShape shape, int rows, int columns)
    {
        int down = (shape.M + rows - 1) / rows, across = (shape.N + columns - 1) / columns;
        int panel = number / (Panel * across), within = number - (panel * Panel * across), height = down - (panel * Panel);
        if (height > Panel) height = Panel;
        Top = ((panel * Panel) + (within % height)) * rows;
        Left = within / height * columns;
    }

    /// <summary>First row.</summary>
    public int Top { get; }

    /// <summary>First column.</summary>
    public int Left { get; }
}
