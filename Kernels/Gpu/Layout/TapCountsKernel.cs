using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>dw += alpha flip(r) counts: each tap of r at the opposite place, as often as it lies inside the image.</summary>
/// <param name="r">Kernel.</param>
/// <param name="dw">Added to.</param>
/// <param name="alpha">Factor.</param>
/// <param name="a">First number of the packed shape.</param>
/// <param name="b">Second.</param>
/// <param name="c">Third.</param>
public readonly struct TapCountsKernel<T, TView, TLane>(TView r, TView dw, T alpha, int a, int b, int c) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= dw.Length) return;
        ConvShape shape = ConvShape.Unpack(a, b, c);
        int taps = shape.KernelHeight * shape.KernelWidth, columns = shape.KernelWidth;
        int pair = i / taps, t = i - (pair * taps), o = pair / shape.InChannels, input = pair - (o * shape.InChannels);
        // A circular kernel larger than the image has several taps on one pixel; each of them stands in the matrix at the places of all.
        int down = shape.Circular ? shape.Height : shape.KernelHeight, right = shape.Circular ? shape.Width : columns;
        TLane sum = TLane.Constant(0);
        for (int y = t / columns % down; y < shape.KernelHeight; y += down)
            for (int x = t % columns % right; x < columns; x += right)
                sum += TLane.Broadcast(r.Load((((input * shape.OutChannels) + o) * taps) + taps - 1 - ((y * columns) + x)));
        TLane factor = TLane.Broadcast(alpha) * TLane.Constant(shape.Multiplicity(t / columns, t % columns));
        dw.Store(i, TLane.First(TLane.MultiplyAdd(factor, sum, TLane.Broadcast(dw.Load(i)))));
    }
}
