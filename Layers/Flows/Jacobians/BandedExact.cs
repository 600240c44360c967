using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// log|det| of a zero-padded convolution from a factorisation of its banded matrix, which is never formed whole. Exact value; exact gradient by
/// selected inversion, or with random probes an unbiased one. Cost: see the remarks.
/// </summary>
/// <remarks>
/// With D = C H W and b = C W times half the kernel's side, about 6 D b^2 flops for the value and 12 D b^2 for its gradient; with n probes
/// 4 D b^2 and 6 n D b. A 1 x 1 kernel takes the LU of its C x C matrix.
/// </remarks>
public sealed class BandedExact<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates the strategy.</summary>
    /// <param name="probes">0: the exact gradient; n: an unbiased one from n random vectors of signs; -1: from as many as the batch has rows.</param>
    public BandedExact(int probes = 0)
    {
        if (probes < -1) throw new ArgumentOutOfRangeException(nameof(probes), $"The number of probes must be 0 (exact), 1 or more, or -1 for the batch size; it is {probes}.");
        Probes = probes;
    }

    /// <summary>0: exact gradient; -1: as many probes as the batch has rows; n: n probes.</summary>
    public int Probes { get; }

    /// <inheritdoc/>
    public string Name => "banded-exact";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.Exact;

    /// <inheritdoc/>
    public GradientKind Gradient => Probes == 0 ? GradientKind.Exact : GradientKind.Unbiased;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.Convolution;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        return site;
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        var shape = site.Convolution!.Value;
        int probes = Probes < 0 ? x.Rows : Probes;
        Var logAbsDet = probes == 0 || shape.Taps == 1
            ? ConvolutionMap.LogAbsDet(tape, site.Weight, shape)
            : tape.ConvLogAbsDetProbes(site.Weight, shape, probes, SeedMix.Of(c.Key, site.Stream), c.Step);
        return new FlowStep(ConvolutionMap.Map(tape, site, x), logAbsDet, Value, Gradient, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        if (Probes != 0) json.WriteNumber("probes", Probes);
    }
}
