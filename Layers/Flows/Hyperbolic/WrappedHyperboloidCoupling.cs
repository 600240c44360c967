using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Wrapped hyperboloid coupling, in tangent coordinates at the origin. Latent to data: w_A passes and gives, by a conditioner, log scales s and a point t of the hyperbolic space H^m of the
/// m coordinates that move; v = w_B e^s, and w_B becomes T_t(v), the logarithm of the exponential at t of v transported there.
/// log|det| = sum s + (m - 1) (L(|v|/R) - L(|T_t(v)|/R)), L(r) = log(sinh(r)/r), [batch x 1].
/// </summary>
/// <remarks>
/// Parameters: the conditioner's, and the space's radius. t is given by its m spatial coordinates, so it lies on the hyperboloid whatever the network says. Cost: a pass of the conditioner and one
/// translation, in both directions. Source: Bose et al. 2020, section 4.2, where the exponent is printed as m; in one dimension it is the shift R asinh(t/R).
/// </remarks>
public sealed class WrappedHyperboloidCoupling<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int ParametersPerFeature = HyperbolicCouplingEntry<T>.ParametersPerFeature;

    private readonly FeatureSplit<T> _features;
    private readonly HyperbolicSpace<T> _space;
    private readonly IConditioner<T> _conditioner;
    private readonly LearnedScale<T> _scale;
    private readonly HyperbolicMeasure _measure;

    /// <summary>Makes the bijector.</summary>
    /// <param name="moved">One entry a coordinate: true where it moves.</param>
    /// <param name="space">The space; layers may share it.</param>
    /// <param name="conditioner">From the coordinates that pass (then the context) to coordinate of t and raw scale of each that moves, feature by feature.</param>
    /// <param name="scale">How e^s is made; the exponential by default.</param>
    /// <param name="measure">What the log-determinant is with respect to.</param>
    /// <param name="context">Columns of the context of a conditional flow, 0 without.</param>
    /// <exception cref="ArgumentException">There are fewer than 2 coordinates, all pass or all move, a number is out of range, or the conditioner's widths do not fit.</exception>
    public WrappedHyperboloidCoupling(
        ReadOnlySpan<bool> moved, HyperbolicSpace<T> space, IConditioner<T> conditioner, ScaleSettings scale = default, HyperbolicMeasure measure = HyperbolicMeasure.Tangent, int context = 0)
    {
        _features = HyperbolicCouplingEntry<T>.Refuse(moved);
        ContextGuard.Conditioner(conditioner, _features.Passing, context, _features.Moving, ParametersPerFeature);
        _scale = new LearnedScale<T>(scale);
        (_space, _conditioner, _measure, ContextWidth) = (space, conditioner, measure, context);
    }

    /// <inheritdoc/>
    public string Kind => "wrapped-hyperboloid-coupling";

    /// <inheritdoc/>
    public int Dimension => _features.Dimension;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <inheritdoc/>
    public int ContextWidth { get; }

    /// <summary>
    /// From a recipe entry: mask (a list of 0 and 1, 1 where a coordinate moves), radius (1), learn_radius (false), scale (exp, and the others of the affine transformer with their numbers),
    /// measure (tangent or riemannian), conditioner (an entry of its own), context (0).
    /// </summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static WrappedHyperboloidCoupling<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("wrapped-hyperboloid-coupling", config);
        HyperbolicCouplingEntry<T> e = HyperbolicCouplingEntry<T>.Read("wrapped-hyperboloid-coupling", reader);
        return reader.Make(() => new WrappedHyperboloidCoupling<T>(e.Moved, e.Space, e.Conditioner, e.Scale, e.Measure, e.Context));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _features.Attach(Kind, store, scope);
        _space.Attach(store, scope);
        _scale.Attach(Kind, store, scope);
        var start = new double[_features.Moving * ParametersPerFeature];
        for (int j = 0; j < _features.Moving; j++) start[(j * ParametersPerFeature) + 1] = _scale.Settings.Start;
        _conditioner.Attach(store, scope, SeedMix.Of(seed, 2), start);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        (Var pass, Var move, Var t, Var scale, Var logScale) = Parameters(tape, x, c);
        Var v = Translate(tape, move, t, back: true);
        Var logDet = Translated(tape, move, v, tape.SumColumns(logScale, -1));
        return Step(tape, x, pass, tape.Divide(v, scale), logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        (Var pass, Var move, Var t, Var scale, Var logScale) = Parameters(tape, z, c);
        Var v = tape.Multiply(move, scale), translated = Translate(tape, v, t, back: false);
        Var logDet = Translated(tape, v, translated, tape.SumColumns(logScale));
        return Step(tape, z, pass, translated, logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => HyperbolicCouplingEntry<T>.Write(json, _features, _space, _conditioner, _scale.Settings, _measure, ContextWidth);

    private (Var Pass, Var Move, Var T, Var Scale, Var LogScale) Parameters(Tape<T> tape, Var x, in StepContext c)
    {
        (Var pass, Var move) = _features.Apart(Kind, tape, x);
        Var raw = _conditioner.Record(tape, ContextGuard.Join(tape, Kind, pass, c.Context, ContextWidth), c);
        (Var scale, Var logScale) = _scale.Record(Kind, tape, RawParameters.Part(tape, raw, ParametersPerFeature, 1));
        return (pass, move, RawParameters.Part(tape, raw, ParametersPerFeature, 0), scale.IsNone ? tape.Exp(logScale) : scale, logScale);
    }

    // On a line translations add: no boost, and no digit lost at any distance.
    private Var Translate(Tape<T> tape, Var v, Var t, bool back)
    {
        if (_features.Moving > 1) return _space.Translate(tape, v, t, back);
        Var shift = _space.Log0(tape, t);
        return back ? tape.Subtract(v, shift) : tape.Add(v, shift);
    }

    // A translation keeps volume on H^m; in tangent coordinates the volumes around the two points remain, with exponent m - 1.
    private Var Translated(Tape<T> tape, Var from, Var to, Var logDet)
        => _features.Moving > 1 ? tape.Add(logDet, HyperbolicVolume.Growth(tape, _space, to, from, _features.Moving - 1)) : logDet;

    private FlowStep Step(Tape<T> tape, Var input, Var pass, Var moved, Var logDet)
        => HyperbolicVolume.Measured(tape, _space, _measure, input, FlowStep.Exact(_features.Together(tape, pass, moved), logDet));
}
