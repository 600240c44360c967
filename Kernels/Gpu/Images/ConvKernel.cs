using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// A convolution as the product of the weights [out x in taps] with a matrix [in taps x batch pixels] that is never stored: its elements are
/// fetched from the images as they go to shared memory. Group x takes pixels, y output channels; a sum goes through its terms in order.
/// </summary>
/// <param name="x">Images.</param>
/// <param name="weight">Weights.</param>
/// <param name="bias">A number an output channel; empty for none.</param>
/// <param name="z">Result.</param>
/// <param name="shape">Sizes.</param>
/// <param name="adds">1 to add to what is there.</param>
public readonly struct ConvKernel<T, TView, TLane, TTile>(TView x, TView weight, TView bias, TView z, ConvGeometry shape, int adds) : IKernel<T, TView>
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
        int item = group.Item, across = TTile.Columns / 4, lane = item % across, line = item / across;
        int top = group.Y * TTile.Rows, first = group.X * TTile.Columns, terms = shape.WeightColumns;
        // Each item brings one term of four pixels.
        ConvPixel pixel0 = shape.Pixel(first + lane), pixel1 = shape.Pixel(first + lane + across);
        ConvPixel pixel2 = shape.Pixel(first + lane + (2 * across)), pixel3 = shape.Pixel(first + lane + (3 * across));
        GemmBlock<T, TLane> sums = default;
        for (int k = 0; k < terms; k += ConvLengths<TTile>.Depth)
        {
            for (int e = item; e < TTile.Rows * ConvLengths<TTile>.Depth; e += ConvLengths<TTile>.Items)
            {
                int o = e / ConvLengths<TTile>.Depth, l = e % ConvLengths<TTile>.Depth;
                left.Store((l * ConvLengths<TTile>.StrideLeft) + o, top + o < shape.OutChannels && k + l < terms ? weight.Load(shape.Weight(top + o, k + l)) : T.Zero);
            }
            ConvPixel tap = shape.Tap(k + line);
            int at = (line * ConvLengths<TTile>.StrideRight) + lane;
            right.Store(at, Fetch(pixel0, tap));
            right.Store(at + across, Fetch(pixel1, tap));
            right.Store(at + (2 * across), Fetch(pixel2, tap));
            right.Store(at + (3 * across), Fetch(pixel3, tap));
            group.Barrier();
            for (int l = 0; l < ConvLengths<TTile>.Depth; l++)
                sums.MultiplyAdd(left.Load4((l * ConvLengths<TTile>.StrideLeft) + (4 * line)), right.Load4((l * ConvLengths<TTile>.StrideRight) + (4 * lane)));
            group.Barrier();
        }
        for (int r = 0; r < 4; r++)
        {
            int o = top + (4 * line) + r;
            if (o >= shape.OutChannels) continue;
            TLane start = bias.Length > 0 ? TLane.Broadcast(bias.Load(o)) : TLane.Constant(0);
            Quad<T> row = sums.Row(r);
            int n = first + (4 * lane);
            Put(o, n, start, row.X0);
            Put(o, n + 1, start, row.X1);
            Put(o, n + 2, start, row.X2);
            Put(o, n + 3, start, row.X3);
        }
    }

    private T Fetch(in ConvPixel pixel, in ConvPixel tap)
    {
        int at = shape.Source(pixel, tap);
        return at < 0 ? T.Zero : x.Load(at);
    }

    private void Put(int o, int n, TLane start, T sum)
    {
        if (n >= shape.Batch * shape.Pixels) return;
        int at = (((n / shape.Pixels * shape.OutChannels) + o) * shape.Pixels) + (n % shape.Pixels);
        TLane value = start + TLane.Broadcast(sum);
        if (adds != 0) value = TLane.Broadcast(z.Load(at)) + value;
        z.Store(at, TLane.First(value));
    }
}
