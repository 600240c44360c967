using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>+1 or -1 by the bits of a word: four elements an item.</summary>
/// <param name="y">Filled.</param>
/// <param name="stream">The random words.</param>
/// <param name="skip">Elements of the first piece before y.</param>
public readonly struct RademacherKernel<T, TView, TLane>(TView y, RandomStream stream, int skip) : IKernel<T, TView>
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
        // 32 pieces to a block, eight to a word.
        ulong piece = stream.Piece(i);
        stream.Words(piece >> 5, out uint word0, out uint word1, out uint word2, out uint word3);
        int place = (int)(piece & 31);
        uint word = place < 16 ? (place < 8 ? word0 : word1) : (place < 24 ? word2 : word3);
        int bits = (int)(word >> (4 * (place & 7))), at = (4 * i) - skip;
        if (at >= 0) y.Store(at, Of(bits));
        if (at + 1 >= 0 && at + 1 < y.Length) y.Store(at + 1, Of(bits >> 1));
        if (at + 2 >= 0 && at + 2 < y.Length) y.Store(at + 2, Of(bits >> 2));
        if (at + 3 < y.Length) y.Store(at + 3, Of(bits >> 3));
    }

    private static T Of(int bits) => TLane.First(TLane.Constant(1 - ((bits & 1) << 1)));
}
