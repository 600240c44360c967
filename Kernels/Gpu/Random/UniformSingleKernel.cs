using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Uniform numbers in [0, 1) from the upper 24 bits of a word: four elements an item.</summary>
/// <param name="y">Filled.</param>
/// <param name="stream">The random words.</param>
/// <param name="skip">Elements of the first piece before y.</param>
public readonly struct UniformSingleKernel<T, TView, TLane>(TView y, RandomStream stream, int skip) : IKernel<T, TView>
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
        if (i >= (y.Length + skip + 3) / 4) return;
        stream.Words(stream.Piece(i), out uint word0, out uint word1, out uint word2, out uint word3);
        int at = (4 * i) - skip;
        if (at >= 0) y.Store(at, Of(word0));
        if (at + 1 >= 0 && at + 1 < y.Length) y.Store(at + 1, Of(word1));
        if (at + 2 >= 0 && at + 2 < y.Length) y.Store(at + 2, Of(word2));
        if (at + 3 < y.Length) y.Store(at + 3, Of(word3));
    }

    private static T Of(uint word) => TLane.First(TLane.Constant((int)(word >> 8)) * TLane.Constant(5.9604644775390625e-8));
}
