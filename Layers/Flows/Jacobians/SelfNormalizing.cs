using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// A learned inverse R, of a convolution a learned kernel r, stands in for W^-1 in the gradient (Keller et al. 2021). No determinant in training, hence no likelihood value.
/// </summary>
/// <remarks>
/// The published update is stable at the maximum-likelihood solution only if the penalty weight exceeds 1/(8 s^2), s^2 the smallest
/// variance of the layer's input; with R trained by reconstruction alone any positive weight will do; with unit probes the published
/// threshold is 1/8 whatever the data.
/// </remarks>
public sealed class SelfNormalizing<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private SelfNormalizing(SelfNormalizingForm form, double weight, int probes)
    {
        if (!(weight >= 0) || !double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), $"The reconstruction weight must be finite and not negative; it is {weight}.");
        ArgumentOutOfRangeException.ThrowIfLessThan(probes, -1);
        (Form, Weight, Probes) = (form, weight, probes);
    }

    /// <summary>Published, fused or not, or reconstruction-only.</summary>
    public SelfNormalizingForm Form { get; }

    /// <summary>Weight lambda of the reconstruction penalty mean |R W x - x|^2.</summary>
    public double Weight { get; }

    /// <summary>0: the penalty is measured on the data; -1: on as many standard normal probes as the batch has rows; n: on n probes.</summary>
    public int Probes { get; }

    /// <inheritdoc/>
    public string Name => (Form, Probes) switch
    {
        (SelfNormalizingForm.PublishedUnfused, _) => "snf-published-unfused",
        (SelfNormalizingForm.Published, 0) => "snf-published",
        (SelfNormalizingForm.Published, _) => "snf-published-probes",
        (_, 0) => "snf-reconstruction",
        _ => "snf-reconstruction-probes",
    };

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.None;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Biased;

    /// <inheritdoc/>
    public SiteKinds Supports => Form == SelfNormalizingForm.PublishedUnfused ? SiteKinds.DenseMatrix : SiteKinds.DenseMatrix | SiteKinds.Convolution | SiteKinds.CircularConvolution;

    /// <inheritdoc/>
    public bool HasLearnedInverse => true;

    /// <summary>The update as published: half of the likelihood gradient for W and half for R (eq. 6-13).</summary>
    public static SelfNormalizing<T> Published(double weight, int probes = 0) => new(SelfNormalizingForm.Published, weight, probes);

    /// <summary>The same update by the nine products of the authors' code instead of six: for tables of cost.</summary>
    public static SelfNormalizing<T> PublishedUnfused(double weight) => new(SelfNormalizingForm.PublishedUnfused, weight, 0);

    /// <summary>W learns from the likelihood with weight 1, R from the reconstruction alone: stable for every weight above 0.</summary>
    public static SelfNormalizing<T> ReconstructionOnly(double weight, int probes = 0) => new(SelfNormalizingForm.ReconstructionOnly, weight, probes);

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        // R starts at W^T, as published: near W^-1 for the near-orthogonal start values of W.
        if (site.Convolution is { } shape)
            return site with { InverseWeight = store.AddParameter($"{site.Scope}.inverse_weight", shape.OutChannels, shape.WeightColumns, Mirrored(initialWeight, shape)) };
        return AttachInverse(store, site, initialWeight);
    }

    /// <summary>The parameter R of a matrix, started at W^T.</summary>
    internal static JacobianSite AttachInverse(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        int d = site.Dimension;
        var r = new double[d * d];
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) r[j * d + i] = initialWeight[i * d + j];
        return site with { InverseWeight = store.AddParameter($"{site.Scope}.inverse_weight", d, d, r) };
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        int probes = Probes < 0 ? x.Rows : Probes;
        if (site.Convolution is { } shape) return RecordConvolution(tape, site, x, shape, probes, c);
        (Var z, Var slot, Var penalty, Var reconstruction) = SelfNormalizingLinearOp<T>.Record(
            tape, x, site.Weight, site.InverseWeight, site.Bias, Form, Weight, probes, SeedMix.Of(c.Key, site.Stream), c.Step);
        return new FlowStep(z, slot, Value, Gradient, penalty, reconstruction);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("weight", Weight);
        if (Probes != 0) json.WriteNumber("probes", Probes);
    }

    private FlowStep RecordConvolution(Tape<T> tape, in JacobianSite site, Var x, in ConvShape shape, int probes, in StepContext c)
    {
        Var rows = Var.None;
        if (probes > 0)
        {
            rows = tape.Allocate(probes, x.Cols, needsGrad: false);
            tape.Backend.Random(new RandomArgs(RandomKind.Gaussian, tape.ValueOf(rows), SeedMix.Of(c.Key, site.Stream), unchecked((ulong)c.Step)));
        }
        (Var z, Var slot, Var penalty, Var reconstruction) = SelfNormalizingConvOp<T>.Record(
            tape, x, site.Weight, site.InverseWeight, site.Bias, shape, Form, Weight, rows);
        return new FlowStep(z, slot, Value, Gradient, penalty, reconstruction);
    }

    // The kernel of the transposed map: channels exchanged, taps in reverse.
    internal static double[] Mirrored(ReadOnlySpan<double> w, in ConvShape shape)
    {
        int channels = shape.InChannels, taps = shape.Taps;
        var r = new double[w.Length];
        for (int o = 0; o < channels; o++)
            for (int i = 0; i < channels; i++)
                for (int t = 0; t < taps; t++) r[(((i * channels) + o) * taps) + taps - 1 - t] = w[(((o * channels) + i) * taps) + t];
        return r;
    }
}
