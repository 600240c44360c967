using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// A product whose result has at most four columns; one with at most four rows is this one with everything transposed. The left operand is read
/// once and in order, the right one comes out of the cache.
/// </summary>
/// <param name="b">Right operand.</param>
/// <param name="c">Result.</param>
/// <param name="shape">Sizes and strides.</param>
/// <param name="isTransposed">1 where rows and columns are exchanged, else 0.</param>
/// <param name="epilogue">What happens to a sum.</param>
public readonly struct GemmLines<T, TView, TLane>(TView b, TView c, GemmShape shape, int isTransposed, GemmEpilogue<T, TView, TLane> epilogue)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Most columns.</summary>
    public const int Most = 4;

    /// <summary>Sizes and strides.</summary>
    public GemmShape Shape => shape;

    /// <summary>Term <paramref name="l"/> of every column, zeros for those beyond the last.</summary>
    public Quad<T> Load(int product, int l)
    {
        int at = (product * shape.StrideB) + (l * shape.DepthB);
        T x0 = b.Load(at), x1 = T.Zero, x2 = T.Zero, x3 = T.Zero;
        if (shape.N > 1) x1 = b.Load(at + shape.ColumnB);
        if (shape.N > 2) x2 = b.Load(at + (2 * shape.ColumnB));
        if (shape.N > 3) x3 = b.Load(at + (3 * shape.ColumnB));
        return new Quad<T>(x0, x1, x2, x3);
    }

    /// <summary>Finishes the sums of row <paramref name="line"/>.</summary>
    public void Store(int product, int slab, int line, in Quad<T> sums)
    {
        int at = (product * shape.StrideC) + (slab * shape.StrideSplit) + (line * shape.RowC);
        Store(at, line, 0, sums.X0);
        if (shape.N > 1) Store(at + shape.ColumnC, line, 1, sums.X1);
        if (shape.N > 2) Store(at + (2 * shape.ColumnC), line, 2, sums.X2);
        if (shape.N > 3) Store(at + (3 * shape.ColumnC), line, 3, sums.X3);
    }

    private void Store(int at, int line, int column, T sum) => epilogue.Store(c, at, isTransposed != 0 ? line : column, TLane.Broadcast(sum));
}
