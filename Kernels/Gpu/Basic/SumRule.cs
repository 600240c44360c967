using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>a + s b.</summary>
public readonly struct SumRule<T, TLane> : ISpreadRule<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool Adds => false;

    /// <inheritdoc/>
    public static TLane Of(TLane a, TLane b, TLane scale, TLane y) => TLane.MultiplyAdd(scale, b, a);
}
