using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// The gradient of a convolution's weights as the product of dz [out x batch pixels] with the fetched images [batch pixels x in taps]. Group x
/// takes a tile of the weights, y a slab of the terms, whose partial result goes to its own place.
/// </summary>
/// <param name="x">Images.</param>
/// <param name="dz">Gradient of the output.</param>
/// <param name="partial">Result [slabs x weights].</param>
/// <param name="shape">Sizes.</param>
/// <param name="slab">Terms of a slab.</param>
public readonly struct ConvWeightKernel<T, TView, TLane, TTile>(TView x, TView dz, TView partial, ConvGeometry shape, int slab) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTile : struct, IConvTile
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView left = group.Shared<ConvLengths<TTile>.Left>(0), right = group.Shared<ConvLengths<TTile>.Right>(1);
        int item = group.Item, across = TTile.Columns / 4, lane = item % across, line = item / across, weights = shape.WeightColumns;
        int tilesAcross = (weights + TTile.Columns - 1) / TTile.Columns, top = group.X / tilesAcross * TTile.Rows, first = group.X % tilesAcross * TTile.Columns;
        int from = group.Y * slab, end = from + slab < shape.Batch * shape.Pixels ? from + slab : shape.Batch * shape.Pixels;
        // Each item brings one pixel of four weights: neighbouring items neighbouring pixels.
        int own = item % ConvLengths<TTile>.Depth, column = item / ConvLengths<TTile>.Depth;
        ConvPixel tap0 = shape.Tap(first + column), tap1 = shape.Tap(first + column + across);
        ConvPixel tap2 = shape.Tap(first + column + (2 * across)), tap3 = shape.Tap(first + column + (3 * across));
        GemmBlock<T, TLane> sums = default;
        for (int n = from; n < end; n += ConvLengths<TTile>.Depth)
        {
            bool counts = n + own < end;
            int image = (n + own) / shape.Pixels, p = (n + own) % shape.Pixels;
            for (int o = column; o < TTile.Rows; o += across)
                left.Store(
                    (own * ConvLengths<TTile>.StrideLeft) + o,
                    counts && top + o < shape.OutChannels ? dz.Load((((image * shape.OutChannels) + top + o) * shape.Pixels) + p) : T.Zero);
            ConvPixel pixel = counts ? shape.Pixel(n + own) : new ConvPixel(-1, 0, 0);
            int at = (own * ConvLengths<TTile>.StrideRight) + column;
            right.Store(at, Fetch(pixel, tap0));
            right.Store(at + across, Fetch(pixel, tap1));
            right.Store(at + (2 * across), Fetch(pixel, tap2));
            right.Store(at + (3 * across), Fetch(pixel, tap3));
            group.Barrier();
            for (int l = 0; l < ConvLengths<TTile>.Depth; l++)
                sums.MultiplyAdd(left.Load4((l * ConvLengths<TTile>.StrideLeft) + (4 * line)), right.Load4((l * ConvLengths<TTile>.StrideRight) + (4 * lane)));
            group.Barrier();
        }
        for (int r = 0; r < 4; r++)
        {
            int o = top + (4 * line) + r, c = first + (4 * lane), to = (((group.Y * shape.OutChannels) + o) * weights) + c;
            if (o < shape.OutChannels) GemmQuads<T, TView>.Store(partial, to, weights - c, 0, sums.Row(r));
        }
    }

    private T Fetch(in ConvPixel pixel, in ConvPixel tap)
    {
        int at = shape.Source(pixel, tap);
        return at < 0 ? T.Zero : x.Load(at);
    }
}
