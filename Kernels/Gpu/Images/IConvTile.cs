namespace NativeFlow.Kernels.Gpu;

/// <summary>How the product inside a convolution is cut, as a type: each item keeps 4 x 4 sums, a group brings a quarter of Rows terms at a time.</summary>
public interface IConvTile
{
    /// <summary>Output channels of a group, a power of two.</summary>
    static abstract int Rows { get; }

    /// <summary>Pixels, or weights of an output channel, of a group; a power of two.</summary>
    static abstract int Columns { get; }
}
