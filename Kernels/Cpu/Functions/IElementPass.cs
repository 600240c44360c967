using System.Numerics;

namespace NativeFlow.Kernels;

// One result per element, from whatever inputs the struct points at. Element i may depend on element i of each input only.
internal unsafe interface IElementPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>;
}
