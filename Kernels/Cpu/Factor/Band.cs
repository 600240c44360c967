namespace NativeFlow.Kernels;

/// <summary>
/// How a band matrix of order N lies in memory for an LU with row exchanges: row by row, each as long as the band with its fill-in, so that
/// element (i, j) is at <c>Origin + i * Stride + j</c> and every window of the matrix looks like a dense one with row stride <see cref="Stride"/>.
/// </summary>
/// <param name="N">Order.</param>
/// <param name="Lower">Diagonals below the main one.</param>
/// <param name="Upper">Diagonals above it.</param>
internal readonly record struct Band(int N, int Lower, int Upper)
{
    /// <summary>Columns that are eliminated together.</summary>
    public int Panel => Math.Min(N, Lower <= 8 ? 8 : Lower <= 48 ? 16 : 32);

    /// <summary>Numbers of a row: a panel reaches Panel - 1 columns further left than the band, a pivot row Lower + Panel - 1 further right.</summary>
    public int Width => Lower + Panel + Upper + Lower + Panel - 1;

    /// <summary>Distance from (i, j) to (i + 1, j).</summary>
    public int Stride => Width - 1;

    /// <summary>Place of element (0, 0).</summary>
    public int Origin => Lower + Panel - 1;

    /// <summary>Numbers in all.</summary>
    public long Length => (long)N * Width;

    /// <summary>End of the rows that the columns before <paramref name="end"/> reach.</summary>
    public int LastRow(int end) => (int)Math.Min(N, (long)end + Lower);

    /// <summary>End of the columns that the pivot rows before <paramref name="end"/> reach once exchanged.</summary>
    public int LastColumn(int end) => (int)Math.Min(N, (long)end + Lower + Upper);
}
