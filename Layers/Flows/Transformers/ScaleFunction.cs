namespace NativeFlow.Layers;

/// <summary>How a raw number u becomes a positive scale.</summary>
public enum ScaleFunction
{
    /// <summary>e^u.</summary>
    Exp,

    /// <summary>s(u + 2) + least: with 0.001 never above 1.001, as nflows has it.</summary>
    Sigmoid,

    /// <summary>softplus(u) + least, at most cap.</summary>
    Softplus,

    /// <summary>e^(u / (1 + |u / ln m|)), between m and 1/m for the slope m.</summary>
    SoftClip,

    /// <summary>1 / s(u + 2), always above 1.</summary>
    ReciprocalSigmoid,

    /// <summary>e^(0.636 clamp atan u), as FrEIA has it.</summary>
    ClampAtan,

    /// <summary>e^(clamp tanh u).</summary>
    ClampTanh,

    /// <summary>e^(clamp (2 s(u) - 1)).</summary>
    ClampSigmoid,

    /// <summary>e^(clamp tanh(u / clamp)): slope 1 at 0 whatever the clamp.</summary>
    Tanh,

    /// <summary>(1 + s(u + 2)) / 2, between a half and 1.</summary>
    HalfSigmoid,

    /// <summary>e^(alpha tanh(u) + beta), alpha and beta learned numbers that start at 1 and 0.</summary>
    LearnedTanh,
}
