namespace NativeFlow.Layers;

/// <summary>What trains a layer, by name, and the estimator whose moments are known by formula. The one place that knows the kinds of layers.</summary>
internal static class AuditStrategies
{
    /// <summary>Strategy or estimator; empty for a layer without, and for a whole flow.</summary>
    public static string NameOf(IBijector<double>? layer) => layer switch
    {
        IJacobianLayer<double> site => site.Strategy.Name,
        Residual<double> residual => residual.LogDet.Name,
        Cnf<double> cnf => cnf.Settings.Probe is null ? "exact trace" : "hutchinson",
        { } other => string.Join(", ", IJacobianLayer<double>.In(other.Inner).Select(s => s.Strategy.Name).Distinct()),
        null => "",
    };

    /// <summary>Estimator of log|det(I + J)|, I + J the Jacobian of the layer; null for a layer without.</summary>
    public static ILogDetEstimator<double>? EstimatorOf(IBijector<double> layer) => (layer as Residual<double>)?.LogDet;
}
