using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>What an optimiser does to one lane of parameters: reads a gradient, updates a value and up to three slots. The constants are the struct's fields.</summary>
/// <remarks>Element by element and without fused multiply-add, so that every lane, thread count and machine gives the same bits.</remarks>
public interface IPlaneRule<TSelf, T>
    where TSelf : struct, IPlaneRule<TSelf, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Slots used, 0 to 3; the others are neither read nor written.</summary>
    static abstract int Slots { get; }

    /// <summary>Updates <paramref name="value"/> and the slots from <paramref name="gradient"/>.</summary>
    static abstract void Apply<TLane>(in TSelf rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
        where TLane : struct, ILane<TLane, T>;
}
