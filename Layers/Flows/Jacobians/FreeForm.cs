using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// The surrogate of free-form flows (Draxler et al. 2024) on a matrix: the gradient of log|det W| by random vectors through a learned inverse R,
/// E[v (R v)^T] = R^T. What <see cref="SelfNormalizing{T}"/> does without noise; here to be measured against it. No log-determinant value.
/// </summary>
/// <remarks>Cost 12 B D^2 flops and 4 B D^2 for every probe, 8 B D^2 for the conditional surrogate.</remarks>
public sealed class FreeForm<T> : IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the strategy.</summary>
    /// <param name="weight">Weight beta of the reconstruction penalty mean |R W x - x|^2.</param>
    /// <param name="probes">Random vectors a sample, orthogonal to each other.</param>
    /// <param name="surrogate">Which matrix a probe's gradient goes to.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public FreeForm(double weight = 1, int probes = 1, FreeFormSurrogate surrogate = FreeFormSurrogate.Encoder)
    {
        if (!(weight >= 0) || !double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), $"The reconstruction weight must be finite and not negative; it is {weight}.");
        if (probes is < 1 or > FreeFormProbes<T>.Most) throw new ArgumentOutOfRangeException(nameof(probes), $"The number of probes must lie between 1 and {FreeFormProbes<T>.Most}; it is {probes}.");
        (Weight, Probes, Surrogate) = (weight, probes, surrogate);
    }

    /// <summary>Weight beta of the reconstruction penalty.</summary>
    public double Weight { get; }

    /// <summary>Random vectors a sample.</summary>
    public int Probes { get; }

    /// <summary>Which matrix a probe's gradient goes to.</summary>
    public FreeFormSurrogate Surrogate { get; }

    /// <inheritdoc/>
    public string Name => "free-form";

    /// <inheritdoc/>
    public ValueKind Value => ValueKind.None;

    /// <inheritdoc/>
    public GradientKind Gradient => GradientKind.Biased;

    /// <inheritdoc/>
    public SiteKinds Supports => SiteKinds.DenseMatrix;

    /// <inheritdoc/>
    public bool HasLearnedInverse => true;

    /// <inheritdoc/>
    public JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight)
    {
        SiteRules.Require(this, site);
        FreeFormProbes<T>.Check(site.Scope, Probes, site.Dimension);
        return SelfNormalizing<T>.AttachInverse(store, site, initialWeight);
    }

    /// <inheritdoc/>
    public FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c)
    {
        // Map and penalty are those of the self-normalizing layer; its own log-determinant slot stays unused, so that R^T does not enter.
        (Var z, _, Var penalty, Var reconstruction) = SelfNormalizingLinearOp<T>.Record(
            tape, x, site.Weight, site.InverseWeight, site.Bias, SelfNormalizingForm.ReconstructionOnly, Weight);
        Var carrier = Carrier(tape, site, x.Rows, SeedMix.Of(c.Key, site.Stream), c.Step);
        // The carrier's value means nothing and must not be taken for a log-determinant.
        return new FlowStep(z, tape.Subtract(carrier, carrier.Detach()), Value, Gradient, penalty, reconstruction);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("weight", Weight);
        if (Probes != 1) json.WriteNumber("probes", Probes);
        if (Surrogate != FreeFormSurrogate.Encoder) json.WriteString("surrogate", FreeFormSurrogates.NameOf(Surrogate));
    }

    // [1 x 1], the mean over rows and probes: <W, v (R v)^T>, or -<R, (W^T v) v^T> where the decoder gets the probe.
    private Var Carrier(Tape<T> tape, in JacobianSite site, int rows, ulong key, long step)
    {
        Span<Var> probes = stackalloc Var[Probes];
        FreeFormProbes<T>.Draw(tape, rows, site.Dimension, key, unchecked((ulong)step), probes);
        Var w = site.Weight, r = site.InverseWeight, toW = Var.None, toR = Var.None;
        foreach (Var v in probes)
        {
            Var rv = tape.MatMul(v, r.Detach(), transposeB: true);
            if (Surrogate == FreeFormSurrogate.Encoder)
            {
                toW = Plus(tape, toW, tape.MatMul(v, rv, transposeA: true));
                continue;
            }
            Var wv = tape.MatMul(v, w.Detach()), gap = tape.AddConstant(tape.SumColumns(tape.Multiply(wv, rv)), -site.Dimension);
            (Var encoder, Var decoder) = FreeFormProbes<T>.Choose(tape, gap);
            toW = Plus(tape, toW, tape.MatMul(tape.Multiply(v, encoder), rv, transposeA: true));
            toR = Plus(tape, toR, tape.MatMul(tape.Multiply(wv, decoder), v, transposeA: true));
        }
        double scale = 1.0 / ((double)rows * Probes);
        Var carrier = tape.Sum(tape.Multiply(w, toW), scale);
        return toR.IsNone ? carrier : tape.Subtract(carrier, tape.Sum(tape.Multiply(r, toR), scale));
    }

    private static Var Plus(Tape<T> tape, Var sum, Var term) => sum.IsNone ? term : tape.Add(sum, term);
}
