namespace NativeFlow.Engine;

/// <summary>A function with values in [-1, 1], for <see cref="RidgeRootOp{T}"/>.</summary>
public enum RidgeFunction
{
    /// <summary>tanh(s).</summary>
    Tanh = 0,

    /// <summary>1/(1 + s^2).</summary>
    Bump = 1,
}
