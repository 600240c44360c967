namespace NativeFlow.Layers;

/// <summary>With respect to which measure a log-determinant on hyperbolic space is taken.</summary>
public enum HyperbolicMeasure
{
    /// <summary>Lebesgue measure on the tangent space at the origin.</summary>
    Tangent,

    /// <summary>Riemannian volume: (n - 1) (L(|out|/R) - L(|in|/R)) more, L(r) = log(sinh(r)/r).</summary>
    Riemannian,
}
