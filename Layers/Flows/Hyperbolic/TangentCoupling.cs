using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Tangent coupling on hyperbolic space, in tangent coordinates at the origin. Latent to data: w_A passes, w_B becomes w_B e^s(w_A) + t(w_A), and
/// log|det| = sum s: the affine coupling of RealNVP, bit for bit. With <see cref="HyperbolicMeasure.Riemannian"/> the volume of the space is counted, and only then the radius matters.
/// </summary>
/// <remarks>
/// Parameters: the conditioner's, and with the Riemannian measure the space's radius. Cost: that of the coupling. Source: Bose et al. 2020, "Latent Variable Modelling with Hyperbolic Normalizing Flows",
/// section 4.1; their exponential and logarithmic maps at both ends of every layer cancel in these coordinates.
/// </remarks>
public sealed class TangentCoupling<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly FeatureSplit<T> _features;
    private readonly HyperbolicSpace<T> _space;
    private readonly IConditioner<T> _conditioner;
    private readonly ScaleSettings _scale;
    private readonly HyperbolicMeasure _measure;
    private readonly Coupling<T> _coupling;

    /// <summary>Makes the bijector.</summary>
    /// <param name="moved">One entry a coordinate: true where it moves.</param>
    /// <param name="space">The space; layers may share it.</param>
    /// <param name="conditioner">From the coordinates that pass (then the context) to shift and raw scale of each that moves, feature by feature.</param>
    /// <param name="scale">How e^s is made; the exponential by default.</param>
    /// <param name="measure">What the log-determinant is with respect to.</param>
    /// <param name="context">Columns of the context of a conditional flow, 0 without.</param>
    /// <exception cref="ArgumentException">There are fewer than 2 coordinates, all pass or all move, a number is out of range, or the conditioner's widths do not fit.</exception>
    public TangentCoupling(
        ReadOnlySpan<bool> moved, HyperbolicSpace<T> space, IConditioner<T> conditioner, ScaleSettings scale = default, HyperbolicMeasure measure = HyperbolicMeasure.Tangent, int context = 0)
    {
        _features = HyperbolicCouplingEntry<T>.Refuse(moved);
        _coupling = new Coupling<T>(moved, new AffineTransformer<T>(scale), conditioner, context);
        (_space, _conditioner, _scale, _measure) = (space, conditioner, scale, measure);
    }

    /// <inheritdoc/>
    public string Kind => "tangent-coupling";

    /// <inheritdoc/>
    public int Dimension => _coupling.Dimension;

    /// <inheritdoc/>
    public bool HasExactInverse => _coupling.HasExactInverse;

    /// <inheritdoc/>
    public int ContextWidth => _coupling.ContextWidth;

    /// <summary>
    /// From a recipe entry: mask (a list of 0 and 1, 1 where a coordinate moves), radius (1), learn_radius (false), scale (exp, and the others of the affine transformer with their numbers),
    /// measure (tangent or riemannian), conditioner (an entry of its own), context (0).
    /// </summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static TangentCoupling<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("tangent-coupling", config);
        HyperbolicCouplingEntry<T> e = HyperbolicCouplingEntry<T>.Read("tangent-coupling", reader);
        return reader.Make(() => new TangentCoupling<T>(e.Moved, e.Space, e.Conditioner, e.Scale, e.Measure, e.Context));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _coupling.Attach(store, scope, seed);
        if (_measure == HyperbolicMeasure.Riemannian) _space.Attach(store, scope);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        return HyperbolicVolume.Measured(tape, _space, _measure, x, _coupling.Inverse(tape, x, c));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return HyperbolicVolume.Measured(tape, _space, _measure, z, _coupling.Forward(tape, z, c));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => HyperbolicCouplingEntry<T>.Write(json, _features, _space, _conditioner, _scale, _measure, ContextWidth);
}
