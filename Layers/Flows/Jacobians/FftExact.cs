using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// log|det| of a circular convolution from its discrete Fourier transform: a C x C matrix for each of F = H (W/2 + 1) frequencies. Exact value
/// and gradient; about 32/3 C^3 F + 8 C^2 F k^2 flops a step.
/// </summary>
public sealed class FftExact<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "fft-exact";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Exact;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Exact;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.CircularConvolution;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        return site;
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
        => FlowStep.Exact(ConvolutionMap.Map(tape, site, x), ConvolutionMap.LogAbsDet(tape, site.Weight, site.Convolution!.Value));

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) { }
}
