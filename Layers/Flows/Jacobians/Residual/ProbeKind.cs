namespace NativeFlow.Layers;

/// <summary>Distribution of the random vectors of a trace estimate: mean 0, unit covariance.</summary>
public enum ProbeKind
{
    /// <summary>+1 or -1: the least variance among independent entries.</summary>
    Rademacher,

    /// <summary>Standard normal.</summary>
    Gaussian,

    /// <summary>Uniform on the sphere |e|^2 = D.</summary>
    Sphere,

    /// <summary>The probes of a sample are orthogonal to each other, each uniform on the sphere |e|^2 = D: the trace itself once there are D of them.</summary>
    Orthonormal,
}
