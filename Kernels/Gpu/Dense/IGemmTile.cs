namespace NativeFlow.Kernels.Gpu;

/// <summary>How a product is cut, as a type: the part of C that a group computes, and the part of that which an item keeps in registers.</summary>
/// <remarks>
/// Items stand in a grid of Columns / (4 BlocksAcross) columns, a multiple of 8, and Rows / (4 BlocksDown) rows, a multiple of 4; both
/// operands' parts of a step make one or two quads for each item.
/// </remarks>
public interface IGemmTile
{
    /// <summary>Rows of the tile, a power of two.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile, a power of two.</summary>
    static abstract int Columns { get; }

    /// <summary>Terms that are brought to shared memory at a time: 8 or 16.</summary>
    static abstract int Depth { get; }

    /// <summary>Blocks of 4 x 4 that an item keeps, one above the other: 1 or 2.</summary>
    static abstract int BlocksDown { get; }

    /// <summary>Blocks of 4 x 4 that an item keeps, side by side: 1 or 2.</summary>
    static abstract int BlocksAcross { get; }

    /// <summary>Items of a group.</summary>
    static abstract int Items { get; }
}
