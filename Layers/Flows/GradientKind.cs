namespace NativeFlow.Layers;

/// <summary>What the parameter gradient of a log-determinant is. Ordered from strongest to weakest.</summary>
public enum GradientKind
{
    /// <summary>The gradient, up to rounding.</summary>
    Exact,

    /// <summary>The gradient times a known positive matrix: zero exactly where the gradient is.</summary>
    Preconditioned,

    /// <summary>Random, with the gradient as its mean.</summary>
    Unbiased,

    /// <summary>Neither: good only while the learned or cached inverse is.</summary>
    Biased,
}
