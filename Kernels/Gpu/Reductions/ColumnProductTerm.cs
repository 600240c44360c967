using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>a[i] w[i].</summary>
/// <param name="a">Read.</param>
/// <param name="w">Read.</param>
public readonly struct ColumnProductTerm<T, TView, TLane>(TView a, TView w) : IColumnTerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasSecond => false;

    /// <inheritdoc/>
    public void Add(int i, ref TLane first, ref TLane second)
    {
        first = TLane.MultiplyAdd(TLane.Broadcast(a.Load(i)), TLane.Broadcast(w.Load(i)), first);
    }
}
