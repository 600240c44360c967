namespace NativeFlow.Layers;

/// <summary>Activations with a derivative everywhere, for maps whose Jacobian is differentiated again.</summary>
public enum SmoothActivation
{
    /// <summary>x above 0, e^x - 1 below; slope at most 1.</summary>
    Elu,

    /// <summary>x s(softplus(b) x) / 1.1 with a learned b; slope at most 1 (Chen et al. 2019).</summary>
    LipSwish,

    /// <summary>x s(x); slope at most 1.1.</summary>
    Silu,

    /// <summary>sin x; slope at most 1.</summary>
    Sin,

    /// <summary>log(1 + e^x); slope at most 1.</summary>
    Softplus,

    /// <summary>tanh x; slope at most 1.</summary>
    Tanh,
}
