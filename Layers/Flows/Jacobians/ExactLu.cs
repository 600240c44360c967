using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// log|det W| by LU with partial pivoting; backward from the kept factors. Exact value and gradient; 2/3 D^3 + 4/3 D^3 flops a step. Of a
/// convolution, W is the dense matrix of the whole map: the oracle, for small images.
/// </summary>
public sealed class ExactLu<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "exact-lu";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Exact;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Exact;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.DenseMatrix | SiteKinds.Convolution | SiteKinds.CircularConvolution;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        return site;
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c) => site.Convolution is { } shape
        ? FlowStep.Exact(ConvolutionMap.Map(tape, site, x), ConvolutionMap.DenseLogAbsDet(tape, site.Weight, shape))
        : RecordExact(tape, site, x);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) { }

    /// <summary>The exact map and log-determinant of a dense site: what every strategy evaluates with.</summary>
    internal static FlowStep RecordExact(Tape<T> tape, in JacobianSite site, Var x)
    {
        Var z = tape.MatMul(x, site.Weight, transposeB: true);
        if (!site.Bias.IsNone) z = tape.Add(z, site.Bias);
        return FlowStep.Exact(z, tape.LogAbsDet(site.Weight));
    }
}
