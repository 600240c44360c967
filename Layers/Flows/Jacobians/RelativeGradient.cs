using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// The gradient times H^T H of the augmented matrix H = [[W, b], [0, 1]] (Gresele et al. 2020): no inverse, no approximation. Meant for
/// SGD with momentum; Adam's scaling of single coordinates destroys the equivariance that makes it work.
/// </summary>
public sealed class RelativeGradient<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates the strategy.</summary>
    /// <param name="biasWithoutLogDet">Compatibility with the authors' code: leave -b out of the bias update, which then does not vanish at the optimum unless b = 0.</param>
    public RelativeGradient(bool biasWithoutLogDet = false) => BiasWithoutLogDet = biasWithoutLogDet;

    /// <summary>Whether -b is left out of the bias update.</summary>
    public bool BiasWithoutLogDet { get; }

    /// <inheritdoc/>
    public string Name => "relative";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.None;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Preconditioned;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.DenseMatrix;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        return site;
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        (Var z, Var slot) = RelativeGradientLinearOp<T>.Record(tape, x, site.Weight, site.Bias, BiasWithoutLogDet);
        return new FlowStep(z, slot, Value, Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        if (BiasWithoutLogDet) json.WriteBoolean("bias_without_log_det", true);
    }
}
