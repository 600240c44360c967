using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Where the result of a reduction goes: y := s result + offset, or y += s result + offset.</summary>
/// <param name="y">Written.</param>
/// <param name="scale">s.</param>
/// <param name="offset">Offset.</param>
/// <param name="adds">Other than 0: added to what is there.</param>
public readonly struct Outcome<T, TView, TLane>(TView y, T scale, T offset, int adds)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Puts result <paramref name="i"/> in its place.</summary>
    public void Put(int i, TLane result)
    {
        TLane value = TLane.MultiplyAdd(TLane.Broadcast(scale), result, TLane.Broadcast(offset));
        if (adds != 0) value = TLane.Broadcast(y.Load(i)) + value;
        y.Store(i, TLane.First(value));
    }
}
