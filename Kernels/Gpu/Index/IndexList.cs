using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A list of whole numbers kept as elements.</summary>
/// <param name="index">The numbers.</param>
/// <param name="limit">They lie from 0 up to this, exclusive.</param>
public readonly struct IndexList<T, TView, TLane>(TView index, int limit)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>How many.</summary>
    public int Length => index.Length;

    /// <summary>Entry <paramref name="i"/>, or -1 if it is no whole number within the limit: a kernel cannot refuse it, so what hangs on it becomes NaN.</summary>
    public int At(int i)
    {
        double number = TLane.FirstInDouble(TLane.Broadcast(index.Load(i)));
        int k = (int)number;
        return k >= 0 && k < limit && k == number ? k : -1;
    }
}
