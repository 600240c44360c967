namespace NativeFlow.Layers;

/// <summary>Distribution of the random vectors of a trace estimate: mean 0, unit covariance.</summary>
public enum ProbeKind
{
    /// <summary>+1 or -1: the least variance among independent entries.</summary>
    Rademacher,

    /// <summary>Standard normal.</summary>
    Gaussian,
}
