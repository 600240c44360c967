namespace NativeFlow.Layers;

/// <summary>How the network's output o becomes a positive integrand.</summary>
public enum Integrand
{
    /// <summary>e^(o / (1 + |o| / 7)), between e^-7 and e^7.</summary>
    Exp,

    /// <summary>elu(o) + 1: comes as near to 0 as it likes.</summary>
    Elu,
}
