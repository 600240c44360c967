using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y + s a b.</summary>
public readonly struct ScaledProductRule<T, TLane> : ISpreadRule<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool Adds => true;

    /// <inheritdoc/>
    public static TLane Of(TLane a, TLane b, TLane scale, TLane y) => TLane.MultiplyAdd(scale, a * b, y);
}
