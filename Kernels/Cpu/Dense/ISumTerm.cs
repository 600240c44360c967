using System.Numerics;

namespace NativeFlow.Kernels;

// The i-th term of a sum, added to a running one.
internal interface ISumTerm<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    TLane AddTo<TLane>(TLane sum, nint i) where TLane : struct, ILane<TLane, T>;
}
