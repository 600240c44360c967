using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Standard normal numbers in single precision, as <see cref="BoxMullerSingle"/> makes them: two elements an item.</summary>
/// <param name="y">Filled.</param>
/// <param name="stream">The random words.</param>
/// <param name="skip">Elements of the first piece before y.</param>
public readonly struct GaussianSingleKernel<T, TView, TLane>(TView y, RandomStream stream, int skip) : IKernel<T, TView>
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
        if (i >= (y.Length + skip + 1) / 2) return;
        stream.Pairs(stream.Piece(i), out ulong pair0, out ulong pair1);
        // All exact in double, then rounded once.
        double w = RandomStream.Unit(pair0), turn = DeviceMath.Multiply(4, RandomStream.Unit(pair1)), quarter = DeviceMath.Round(turn);
        TLane radius = BoxMullerSingle.Radius<TLane, T>(TLane.Constant(w), TLane.Constant(DeviceMath.Subtract(1, w)));
        BoxMullerSingle.Turn<TLane, T>(TLane.Constant(DeviceMath.Subtract(turn, quarter)), TLane.Constant(quarter), out TLane cosine, out TLane sine);
        int at = (2 * i) - skip;
        if (at >= 0) y.Store(at, TLane.First(radius * cosine));
        if (at + 1 < y.Length) y.Store(at + 1, TLane.First(radius * sine));
    }
}
