using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Sums of a block of 4 x 4, in registers: fields and no array, since a register has no address.</summary>
public struct GemmBlock<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    private GemmRow<T, TLane> _row0, _row1, _row2, _row3;

    /// <summary>Adds the outer product of a column and a row.</summary>
    public void MultiplyAdd(in Quad<T> a, in Quad<T> b)
    {
        _row0.MultiplyAdd(a.X0, b);
        _row1.MultiplyAdd(a.X1, b);
        _row2.MultiplyAdd(a.X2, b);
        _row3.MultiplyAdd(a.X3, b);
    }

    /// <summary>Finishes the sums and writes those inside C.</summary>
    /// <param name="epilogue">How.</param>
    /// <param name="c">The result.</param>
    /// <param name="at">Where the block's first element lies.</param>
    /// <param name="shape">Sizes of C.</param>
    /// <param name="row">First row.</param>
    /// <param name="column">First column.</param>
    public readonly void Store<TView>(in GemmEpilogue<T, TView, TLane> epilogue, TView c, int at, in GemmShape shape, int row, int column)
        where TView : struct, IView<T>
    {
        // A loop over selected registers: the four rows written out would be four times the code to compile.
        for (int r = 0; r < 4; r++)
            if (row + r < shape.M) epilogue.Store(c, at + (r * shape.RowC), column, shape.N - column, r < 2 ? (r == 0 ? _row0.Value : _row1.Value) : r == 2 ? _row2.Value : _row3.Value);
    }
}
