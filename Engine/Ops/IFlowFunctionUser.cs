using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>What is to be done with a <see cref="FlowFunction"/>, compiled for each of them.</summary>
internal interface IFlowFunctionUser<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Does it.</summary>
    void Use<TFunction, TInverse>(TFunction f, TInverse inverse)
        where TFunction : struct, IUnaryFunction<T>
        where TInverse : struct, IInverseFunction<T>;
}
