using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Uniform numbers in [0, 1) from the upper 53 bits of a pair of words: two elements an item.</summary>
/// <param name="y">Filled.</param>
/// <param name="stream">The random words.</param>
/// <param name="skip">Elements of the first piece before y.</param>
public readonly struct UniformKernel<T, TView, TLane>(TView y, RandomStream stream, int skip) : IKernel<T, TView>
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
        int at = (2 * i) - skip;
        if (at >= 0) y.Store(at, Of(pair0));
        if (at + 1 < y.Length) y.Store(at + 1, Of(pair1));
    }

    private static T Of(ulong pair) => TLane.First(TLane.Constant((long)(pair >> 11)) * TLane.Constant(1.1102230246251565e-16));
}
