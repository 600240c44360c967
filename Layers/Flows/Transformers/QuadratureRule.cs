namespace NativeFlow.Layers;

/// <summary>How an integral over an interval becomes a weighted sum.</summary>
public enum QuadratureRule
{
    /// <summary>n points inside, exact for polynomials of degree 2n - 1.</summary>
    GaussLegendre,

    /// <summary>n + 1 points, the ends among them, evenly spaced on a circle.</summary>
    ClenshawCurtis,
}
