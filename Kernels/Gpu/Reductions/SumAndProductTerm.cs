using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>g[i] and g[i] v[i].</summary>
/// <param name="g">Read.</param>
/// <param name="v">Read.</param>
public readonly struct SumAndProductTerm<T, TView, TLane>(TView g, TView v) : IColumnTerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasSecond => true;

    /// <inheritdoc/>
    public void Add(int i, ref TLane first, ref TLane second)
    {
        TLane value = TLane.Broadcast(g.Load(i));
        first += value;
        second = TLane.MultiplyAdd(value, TLane.Broadcast(v.Load(i)), second);
    }
}
