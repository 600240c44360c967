namespace NativeFlow.Kernels.Gpu;

/// <summary>Where entries of a triangle without its diagonal lie that is packed row after row.</summary>
public static class PackedTriangle
{
    /// <summary>Place of entry (row, column) of a matrix of order <paramref name="n"/>; <paramref name="lower"/> other than 0: below the diagonal.</summary>
    public static int At(int row, int column, int n, int lower)
        => lower != 0 ? (row * (row - 1) / 2) + column : (row * (n - 1)) - (row * (row - 1) / 2) + column - row - 1;
}
