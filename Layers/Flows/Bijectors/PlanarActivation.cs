namespace NativeFlow.Layers;

/// <summary>The function of a planar map.</summary>
public enum PlanarActivation
{
    /// <summary>tanh; the inverse is a bracketed root.</summary>
    Tanh,

    /// <summary>s, or slope s below zero; the inverse is in closed form.</summary>
    LeakyRelu,
}
