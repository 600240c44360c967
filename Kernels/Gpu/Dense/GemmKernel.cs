using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// A product in tiles: a group brings both operands to shared memory a few terms at a time, into one of two buffers, while its items multiply out of
/// the other; each item keeps its sums in registers. Group x computes a tile, y a slab of the terms, z a product of the batch.
/// </summary>
/// <remarks>The terms of a slab are summed in ascending order. Out of shared memory an item reads one or two quads of each operand for 16 to 64 products.</remarks>
/// <param name="a">Left operand.</param>
/// <param name="b">Right operand.</param>
/// <param name="c">Result.</param>
/// <param name="shape">Sizes and strides.</param>
/// <param name="epilogue">What happens to a sum.</param>
public readonly struct GemmKernel<T, TView, TLane, TTile, TFormA, TFormB>(TView a, TView b, TView c, GemmShape shape, GemmEpilogue<T, TView, TLane> epilogue)
    : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTile : struct, IGemmTile
    where TFormA : struct, IGemmForm
    where TFormB : struct, IGemmForm
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

        // A warp stands 4 down and 8 across, so that it reads the fewest different words.
        int warpsAcross = TTile.Columns / (32 * TTile.BlocksAcross), warp = item / 32;
        int row = ((warp / warpsAcross * 4) + (item / 8 % 4)) * 4, column = ((warp % warpsAcross * 8) + (item % 8)) * 4;

        GemmBlock<T, TLane> block00 = default, block01 = default, block10 = default, block11 = default;
        GemmPair<T> nextA = operandA.Load(item, from), nextB = operandB.Load(item, from);
        GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>.Store(tileA, 0, item, nextA);
        GemmOperand<T, TView, TFormB, GemmLengths<TTile>.Columns, TTile>.Store(tileB, 0, item, nextB);
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
            for (int l = 0; l < TTile.Depth; l += 4)
            {
                int atA = bufferA + (l * TTile.Rows) + (row ^ GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>.Exchange(l));
                int atB = bufferB + (l * TTile.Columns) + (column ^ GemmOperand<T, TView, TFormB, GemmLengths<TTile>.Columns, TTile>.Exchange(l));
                Step(tileA, atA, tileB, atB, ref block00, ref block01, ref block10, ref block11);
                Step(tileA, atA + TTile.Rows, tileB, atB + TTile.Columns, ref block00, ref block01, ref block10, ref block11);
                Step(tileA, atA + (2 * TTile.Rows), tileB, atB + (2 * TTile.Columns), ref block00, ref block01, ref block10, ref block11);
                Step(tileA, atA + (3 * TTile.Rows), tileB, atB + (3 * TTile.Columns), ref block00, ref block01, ref block10, ref block11);
            }

            // One barrier is enough: what is overwritten in the next round was read before this one.
            bufferA = (TTile.Depth * TTile.Rows) - bufferA;
            bufferB = (TTile.Depth * TTile.Columns) - bufferB;
            if (more)
            {
                GemmOperand<T, TView, TFormA, GemmLengths<TTile>.Rows, TTile>.Store(tileA, bufferA, item, nextA);
                GemmOperand<T, TView, TFormB, GemmLengths<TTile>.Columns, TTile>.Store(tileB, bufferB, item, nextB);
                group.Barrier();
            }
        }

        row += place.Top;
        column += place.Left;
        int at = (product * shape.StrideC) + (group.Y * shape.StrideSplit) + (row * shape.RowC) + column;
        block00.Store(epilogue, c, at, shape, row, column);
        if (TTile.BlocksAcross > 1) block01.Store(epilogue, c, at + (TTile.Columns / 2), shape, row, column + (TTile.Columns / 2));
        if (TTile.BlocksDown > 1)
        {
            row += TTile.Rows / 2;
            at += TTile.Rows / 2 * shape.RowC;
            block10.Store(epilogue, c, at, shape, row, column);
            if (TTile.BlocksAcross > 1) block11.Store(epilogue, c, at + (TTile.Columns / 2), shape, row, column + (TTile.Columns / 2));
        }
    }

    private static void Step(
        TView tileA, int atA, TView tileB, int atB,
        ref GemmBlock<T, TLane> block00, ref GemmBlock<T, TLane> block01, ref GemmBlock<T, TLane> block10, ref GemmBlock<T, TLane> block11)
    {
        Quad<T> a0 = tileA.Load4(atA), b0 = tileB.Load4(atB);
        Quad<T> a1 = TTile.BlocksDown > 1 ? tileA.Load4(atA + (TTile.Rows / 2)) : default;
        Quad<T> b1 = TTile.BlocksAcross > 1 ? tileB.Load4(atB + (TTile.Columns / 2)) : default;
        block00.MultiplyAdd(a0, b0);
        if (TTile.BlocksAcross > 1) block01.MultiplyAdd(a0, b1);
        if (TTile.BlocksDown > 1) block10.MultiplyAdd(a1, b0);
        if (TTile.BlocksDown > 1 && TTile.BlocksAcross > 1) block11.MultiplyAdd(a1, b1);
    }
}
