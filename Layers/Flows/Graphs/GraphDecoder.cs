namespace NativeFlow.Layers;

/// <summary>What makes an edge likely.</summary>
public enum GraphDecoder
{
    /// <summary><c>inner</c>: p = sigmoid(w_u . w_v), on tangent coordinates at the origin.</summary>
    Inner,

    /// <summary><c>distance</c>: Fermi-Dirac, p = sigmoid((b - d(u, v)) / tau), hyperbolic distance where the latent is hyperbolic; b and tau are learned. Closer is likelier.</summary>
    Distance,
}
