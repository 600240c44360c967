using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>x[i].</summary>
/// <param name="x">Read.</param>
public readonly struct ColumnSumTerm<T, TView, TLane>(TView x) : IColumnTerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasSecond => false;

    /// <inheritdoc/>
    public void Add(int i, ref TLane first, ref TLane second)
    {
        first += TLane.Broadcast(x.Load(i));
    }
}
