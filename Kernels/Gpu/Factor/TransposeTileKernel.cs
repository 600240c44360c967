namespace NativeFlow.Kernels.Gpu;

/// <summary>to[c, r] := from[r, c], one square tile a group, so that both sides go through memory in order.</summary>
/// <param name="from">Matrix [rows x columns].</param>
/// <param name="strideFrom">Its row stride.</param>
/// <param name="to">Matrix [columns x rows].</param>
/// <param name="strideTo">Its row stride.</param>
/// <param name="rows">Rows of the source; groups along x.</param>
/// <param name="columns">Columns of the source; groups along y.</param>
public readonly struct TransposeTileKernel<T, TView, TSide>(TView from, int strideFrom, TView to, int strideTo, int rows, int columns) : IKernel<T, TView>
    where T : unmanaged
    where TView : struct, IView<T>
    where TSide : struct, ILength
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView tile = group.Shared<FactorLengths.Padded<TSide, TSide>>(0);
        int row = group.X * TSide.Value, column = group.Y * TSide.Value;
        for (int e = group.Item; e < TSide.Value * TSide.Value; e += group.Items)
        {
            int r = e / TSide.Value, c = e % TSide.Value;
            if (row + r < rows && column + c < columns) tile.Store((r * (TSide.Value + 1)) + c, from.Load(((row + r) * strideFrom) + column + c));
        }
        group.Barrier();
        for (int e = group.Item; e < TSide.Value * TSide.Value; e += group.Items)
        {
            int c = e / TSide.Value, r = e % TSide.Value;
            if (row + r < rows && column + c < columns) to.Store(((column + c) * strideTo) + row + r, tile.Load((r * (TSide.Value + 1)) + c));
        }
    }
}
