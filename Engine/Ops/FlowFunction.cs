namespace NativeFlow.Engine;

/// <summary>An invertible function of one number with one parameter, for <see cref="ElementwiseFlowOp{T}"/> and its inverse.</summary>
public enum FlowFunction
{
    /// <summary>x, or parameter times x below zero.</summary>
    LeakyRelu = 0,

    /// <summary>p x + (1 - p) softplus(x) with parameter p.</summary>
    SmoothLeakyRelu = 1,

    /// <summary>Slope p far below zero, 1 far above, through a square root.</summary>
    SneakyRelu = 2,

    /// <summary>tanh(x) + p x.</summary>
    SmoothTanh = 3,
}
