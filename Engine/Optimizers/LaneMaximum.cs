using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The maximum as the reference has it: NaN if either is NaN, so that no NaN in a slot is ever forgotten.</summary>
internal static class LaneMaximum
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Of<TLane, T>(TLane a, TLane b)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        // ILane.Max by itself lets only the second operand's NaN through.
        => TLane.Select(TLane.EqualTo(a, a), TLane.Max(a, b), a);
}
