using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Work on the elements from number i on, one lane wide: stores what it makes and returns what each element adds to its row's sum.</summary>
internal interface IRowPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>;
}
