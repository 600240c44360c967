namespace NativeFlow.Kernels.Gpu;

/// <summary>Where the element of a spread operand lies that belongs to (row, column): at row RowStride + column ColumnStride.</summary>
/// <param name="RowStride">0 for one row, or one number, for all rows.</param>
/// <param name="ColumnStride">0 for one column, or one number, for all columns.</param>
public readonly record struct Spread(int RowStride, int ColumnStride)
{
    /// <summary>From a kernel's flag: 0 same shape, 1 one row, 2 one column, 3 one number.</summary>
    public static Spread Of(int broadcast, int cols) => broadcast switch
    {
        0 => new(cols, 1),
        1 => new(0, 1),
        2 => new(1, 0),
        _ => new(0, 0),
    };
}
