using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The function f of <see cref="RadialMapOp{T}"/>.</summary>
public enum RadialFunction
{
    /// <summary>sinh: tangent coordinates to spatial coordinates, the exponential map at the origin of the hyperboloid.</summary>
    Sinh = RadialMap.Sinh,

    /// <summary>asinh: spatial coordinates to tangent coordinates, the logarithm at the origin.</summary>
    Asinh = RadialMap.Asinh,

    /// <summary>tanh: all of space into a ball, the identity near the middle.</summary>
    Tanh = RadialMap.Tanh,
}
