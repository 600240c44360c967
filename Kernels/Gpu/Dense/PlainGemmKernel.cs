using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A product in tiles of 8 x 16 by 32 items, each of which keeps four neighbours of a row.</summary>
/// <param name="a">Left operand.</param>
/// <param name="b">Right operand.</param>
/// <param name="c">Result.</param>
/// <param name="shape">Sizes and strides.</param>
/// <param name="epilogue">What happens to a sum.</param>
public readonly struct PlainGemmKernel<T, TView, TLane>(TView a, TView b, TView c, GemmShape shape, GemmEpilogue<T, TView, TLane> epilogue) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    internal const int Rows = 8, Columns = 16, Depth = 16, Items = 32;

    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView tileA = group.Shared<TileA>(0), tileB = group.Shared<TileB>(1);
        int across = (shape.N + Columns - 1) / Columns;
        int top = group.X / across * Rows, left = group.X % across * Columns, product = group.Z + shape.FirstProduct;
        int baseA = product * shape.StrideA, baseB = product * shape.StrideB;
        int row = group.Item / 4, column = group.Item % 4 * 4;
        TLane sum0 = TLane.Broadcast(T.Zero), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (int k = 0; k < shape.K; k += Depth)
        {
            for (int e = group.Item; e < Rows * Depth; e += Items)
            {
                int i = top + (e / Depth), l = k + (e % Depth);
                tileA.Store(e, i < shape.M && l < shape.K ? a.Load(baseA + (i * shape.RowA) + (l * shape.DepthA)) : T.Zero);
            }
            for (int e = group.Item; e < Depth * Columns; e += Items)
            {
                int l = k + (e / Columns), j = left + (e % Columns);
                tileB.Store(e, l < shape.K && j < shape.N ? b.Load(baseB + (l * shape.DepthB) + (j * shape.ColumnB)) : T.Zero);
            }
            group.Barrier();
            int depth = shape.K - k < Depth ? shape.K - k : Depth;
            for (int l = 0; l < depth; l++)
            {
                TLane x = TLane.Broadcast(tileA.Load((row * Depth) + l));
                Quad<T> y = tileB.Load4((l * Columns) + column);
                sum0 = TLane.MultiplyAdd(x, TLane.Broadcast(y.X0), sum0);
                sum1 = TLane.MultiplyAdd(x, TLane.Broadcast(y.X1), sum1);
                sum2 = TLane.MultiplyAdd(x, TLane.Broadcast(y.X2), sum2);
                sum3 = TLane.MultiplyAdd(x, TLane.Broadcast(y.X3), sum3);
            }
            group.Barrier();
        }
        int rowC = top + row, columnC = left + column;
        if (rowC >= shape.M) return;
        int at = (product * shape.StrideC) + (rowC * shape.RowC) + columnC;
        if (columnC < shape.N) epilogue.Store(c, at, columnC, sum0);
        if (columnC + 1 < shape.N) epilogue.Store(c, at + 1, columnC + 1, sum1);
        if (columnC + 2 < shape.N) epilogue.Store(c, at + 2, columnC + 2, sum2);
        if (columnC + 3 < shape.N) epilogue.Store(c, at + 3, columnC + 3, sum3);
    }

    private readonly struct TileA : ILength
    {
        public static int Value => Rows * Depth;
    }

    private readonly struct TileB : ILength
    {
        public static int Value => Depth * Columns;
    }
}
