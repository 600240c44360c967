using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>From the number of a <see cref="FlowFunction"/> to its code.</summary>
internal static class FlowFunctions<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Hands function number <paramref name="function"/> and its inverse to <paramref name="user"/>.</summary>
    /// <exception cref="ArgumentException">There is no such function.</exception>
    public static void With<TUser>(int function, T parameter, TUser user) where TUser : IFlowFunctionUser<T>, allows ref struct
    {
        switch ((FlowFunction)function)
        {
            case FlowFunction.LeakyRelu: user.Use(new LeakyReluFunction<T>(parameter), new LeakyReluInverse<T>(parameter)); break;
            case FlowFunction.SmoothLeakyRelu: user.Use(new SmoothLeakyReluFunction<T>(parameter), new SmoothLeakyReluInverse<T>(parameter)); break;
            case FlowFunction.SneakyRelu: user.Use(new SneakyReluFunction<T>(parameter), new SneakyReluInverse<T>(parameter)); break;
            case FlowFunction.SmoothTanh: user.Use(new SmoothTanhFunction<T>(parameter), new SmoothTanhInverse<T>(parameter)); break;
            default: throw new ArgumentException($"ElementwiseFlow: there is no function number {function}.");
        }
    }
}
