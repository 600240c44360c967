namespace NativeFlow.Cli.Stability;

/// <summary>How an arm's couplings scale.</summary>
internal enum StabilityScale
{
    /// <summary>e^u: no bound.</summary>
    Exp,

    /// <summary>sigmoid(u + 2): bounded above alone.</summary>
    Sigmoid,

    /// <summary>e^(2 tanh(u / 2)).</summary>
    Tanh,

    /// <summary>(1 + sigmoid(u + 2)) / 2.</summary>
    HalfSigmoid,

    /// <summary>No scale; what lies between the couplings is bounded in any case.</summary>
    Additive,
}
