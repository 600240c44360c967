namespace NativeFlow.Layers;

/// <summary>In which coordinates a point of hyperbolic space is given.</summary>
public enum HyperbolicCoordinates
{
    /// <summary>The tangent vector at the origin whose exponential it is.</summary>
    Tangent,

    /// <summary>The spatial part on the hyperboloid; x0 = sqrt(R^2 + |x|^2).</summary>
    Spatial,

    /// <summary>The Poincare disk (ball) of radius R.</summary>
    Poincare,
}
