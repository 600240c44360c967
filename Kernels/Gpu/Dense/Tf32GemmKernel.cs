using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A product by matrix instructions on tf32: as <see cref="GemmKernel{T, TView, TLane, TTile, TFormA, TFormB}"/>, but a warp computes 32 x 32 sums together.</summary>
/// <typeparam name="T">Element type: float.</typeparam>
/// <typeparam name="TView">Views.</typeparam>
/// <typeparam name="TLane">Arithmetic.</typeparam>
/// <typeparam name="TTile">The tile.</typeparam>
/// <typeparam name="TFormA">How the left operand lies.</typeparam>
/// <typeparam name="TFormB">How the right operand lies.</typeparam>
/// <typeparam name="TProducts">1, or 3 for operands as sums of two.</typeparam>
/// <param name="a">Left operand.</param>
/// <param name="b">Right operand.</param>
/// <param name="c">Result.</param>
/// <param name="shape">Sizes and strides.</param>
/// <param name="epilogue">What happens to a sum.</param>
public readonly struct Tf32GemmKernel<T, TView, TLane, TTile, TFormA, TFormB, TProducts>(TView a, TView b, TView c, GemmShape shape, GemmEpilogue<T, TView, TLane> epilogue)
    : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTile : struct, IGemmTile
    where TFormA : struct, IGemmForm
    where TFormB : struct, IGemmForm
    where TProducts : struct, ILength
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView tileA = group.Shared<GemmLengths<TTile>.BuffersA>(0), tileB = group.Shared<GemmLengths<TTile>.BuffersB>(1);
        var place = new GemmPlace(group.X, shape, TTile.Rows, TTile.Columns);
        int item = group.Item, product = group.Z + shape.FirstProduct, from = group.Y * shape.Slab, end = from + shape.Slab;
        if (end > shape.K) end = shape.K;
        var operandA = new GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>(
            a, product * shape.StrideA, TFormA.IsDeep ? shape.RowA : shape.DepthA, shape.M, end, place.Top, shape.FoursA);
        var operandB = new GemmOperand<T, TView, TFormB, GemmLengths<TTile>.Columns, TTile>(
            b, product * shape.StrideB, TFormB.IsDeep ? shape.ColumnB : shape.DepthB, shape.N, end, place.Left, shape.FoursB);
        int warp = item / 32, line = item % 32 / 4, term = item % 4;
        int row = warp / (TTile.Columns / 32) * 32, column = warp % (TTile.Columns / 32) * 32;

        Tf32Sums<T, TView, TLane, TProducts> sums = default;
        GemmPair<T> nextA = operandA.Load(item, from), nextB = operandB.Load(item, from);
        GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>.Store(tileA, 0, item, Tf32Numbers<T, TLane, TProducts>.Prepare(nextA));
        GemmOperand<T, TView, TFormB, GemmLengths<TTile>.Columns, TTile>.Store(tileB, 0, item, Tf32Numbers<T, TLane, TProducts>.Prepare(nextB));
        group.Barrier();
        int bufferA = 0, bufferB = 0;
        for (int k = from; k < end; k += TTile.Depth)
        {
            bool more = k + TTile.Depth < end;
            if (more)
            {
                nextA = operandA.Load(item, k + TTile.Depth);
                nextB = operandB.Load(item, k + TTile.Depth);
            }
            for (int eight = 0; eight < TTile.Depth; eight += 8)
            {
                int l = eight + term;

                // Four terms on, the exchange differs by 8.
                int exchange = GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>.Exchange(l);
                int atA = bufferA + (l * TTile.Rows) + row, atB = bufferB + (l * TTile.Columns) + column;
                sums.MultiplyAdd(
                    group, Rows(tileA, atA, line, exchange), Rows(tileA, atA, line + 16, exchange), Columns(tileB, atB, line, exchange), Columns(tileB, atB, line + 16, exchange));
            }

            // One barrier is enough: what is overwritten in the next round was read before this one.
            bufferA = (TTile.Depth * TTile.Rows) - bufferA;
            bufferB = (TTile.Depth * TTile.Columns) - bufferB;
            if (more)
            {
                GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>.Store(tileA, bufferA, item, Tf32Numbers<T, TLane, TProducts>.Prepare(nextA));
                GemmOperand<T, TView, TFormB, GemmLengths<TTile>.Columns, TTile>.Store(tileB, bufferB, item, Tf32Numbers<T, TLane, TProducts>.Prepare(nextB));
                group.Barrier();
            }
        }

        row += place.Top + line;
        column += place.Left + (2 * term);
        for (int tile = 0; tile < 8; tile++)
        {
            int i = row + (tile / 4 * 16), j = column + (tile % 4 * 8), at = (product * shape.StrideC) + (group.Y * shape.StrideSplit) + (i * shape.RowC) + j;
            Quad<T> x = sums[tile];
            if (i < shape.M && j < shape.N) epilogue.Store(c, at, j, TLane.Broadcast(x.X0));
            if (i < shape.M && j + 1 < shape.N) epilogue.Store(c, at + 1, j + 1, TLane.Broadcast(x.X1));
            if (i + 8 < shape.M && j < shape.N) epilogue.Store(c, at + (8 * shape.RowC), j, TLane.Broadcast(x.X2));
            if (i + 8 < shape.M && j + 1 < shape.N) epilogue.Store(c, at + (8 * shape.RowC) + 1, j + 1, TLane.Broadcast(x.X3));
        }
    }

    // Rows line and line + 8 of this item's term, then of the term four on.
    private static Tf32Numbers<T, TLane, TProducts> Rows(TView tile, int at, int line, int exchange)
        => new(new Quad<T>(
            tile.Load(at + (line ^ exchange)), tile.Load(at + ((line + 8) ^ exchange)),
            tile.Load(at + (4 * TTile.Rows) + (line ^ exchange ^ 8)), tile.Load(at + (4 * TTile.Rows) + ((line + 8) ^ exchange ^ 8))));

    // Both terms of column line, then of column line + 8.
    private static Tf32Numbers<T, TLane, TProducts> Columns(TView tile, int at, int line, int exchange)
        => new(new Quad<T>(
            tile.Load(at + (line ^ exchange)), tile.Load(at + (4 * TTile.Columns) + (line ^ exchange ^ 8)),
            tile.Load(at + ((line + 8) ^ exchange)), tile.Load(at + (4 * TTile.Columns) + ((line + 8) ^ exchange ^ 8))));
}
