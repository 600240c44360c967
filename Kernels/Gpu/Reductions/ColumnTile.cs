namespace NativeFlow.Kernels.Gpu;

/// <summary>The running sums of a group that reduces columns: 32 columns, and 8 sums for each of them.</summary>
public readonly struct ColumnTile : ILength
{
    /// <summary>Columns.</summary>
    public const int Columns = 32;

    /// <summary>Sums a column.</summary>
    public const int Sums = 8;

    /// <inheritdoc/>
    public static int Value => Columns * Sums;
}
