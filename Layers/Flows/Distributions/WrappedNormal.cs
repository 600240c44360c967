using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The wrapped normal on hyperbolic space, in tangent coordinates w at the origin: v ~ N(0, diag(exp(2 log_scale))) in the tangent space there, carried to the location by parallel transport and the exponential map: w = T_loc(v).</summary>
/// <remarks>
/// log q(w) = log N(v) + (n-1)(L(|w|/R) - L(|v|/R)), v = T_-loc(w), L(r) = log(sinh r / r): a density in w like that of any other base. With the Riemannian measure the L(|w|/R) is
/// left out: the density of the same law with respect to the volume of the space. Parameters loc, log_scale [1 x n], and log_radius [1 x 1] (a buffer unless learned).
/// Cost: three exponentials a row beyond a diagonal normal. Source: Nagano et al. 2019, A wrapped normal distribution on hyperbolic space for gradient-based learning.
/// </remarks>
public sealed class WrappedNormal<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WrappedSettings<T> _settings;
    private readonly DistributionParameter<T> _loc, _logScale;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">n.</param>
    /// <param name="loc">Start of loc, zeros (the origin) when empty.</param>
    /// <param name="logScale">Start of log_scale; zeros when empty.</param>
    /// <param name="radius">R, above 0; the curvature is -1/R^2.</param>
    /// <param name="learnRadius">Whether R is learned.</param>
    /// <param name="coordinates">What loc is: tangent or spatial coordinates.</param>
    /// <param name="measure">What the density is with respect to.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range, or a location is to have Poincare coordinates.</exception>
    public WrappedNormal(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, double radius = 1, bool learnRadius = false, HyperbolicCoordinates coordinates = HyperbolicCoordinates.Tangent, HyperbolicMeasure measure = HyperbolicMeasure.Tangent, bool trainable = true)
        : this(new WrappedSettings<T>(dimension, radius, learnRadius, coordinates, measure, trainable), loc, logScale)
    {
    }

    private WrappedNormal(WrappedSettings<T> settings, ReadOnlySpan<double> loc, ReadOnlySpan<double> logScale)
    {
        _settings = settings;
        _loc = new DistributionParameter<T>(Kind, "loc", 1, Dimension, loc, null, settings.IsTrainable);
        _logScale = new DistributionParameter<T>(Kind, "log_scale", 1, Dimension, logScale, null, settings.IsTrainable);
    }

    /// <inheritdoc/>
    public string Kind => "wrapped-normal";

    /// <inheritdoc/>
    public int Dimension => _settings.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>The space it lives on.</summary>
    public HyperbolicSpace<T> Space => _settings.Space;

    /// <summary>From a recipe entry: dimension; loc, log_scale (lists), radius, learn_radius, coordinates, measure, trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static WrappedNormal<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("wrapped-normal", config);
        WrappedSettings<T> settings = WrappedSettings<T>.Read(reader);
        double[]? loc = reader.Numbers("loc", false), logScale = reader.Numbers("log_scale", false);
        return reader.Make(() => new WrappedNormal<T>(settings, loc, logScale));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _logScale.Attach(store, scope);
        _settings.Attach(store, scope);
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        Var logScale = _logScale.On(tape), v = Space.Translate(tape, z, _settings.Place(tape, _loc.On(tape)), back: true);
        Var normal = tape.Subtract(tape.StandardNormalLogProb(tape.Multiply(v, tape.Exp(tape.Negate(logScale)))), tape.Sum(logScale));
        return _settings.Wrapped(tape, normal, v, z);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Var v = tape.Multiply(DistributionNoise.Gaussian(tape, count, Dimension, key, stream), tape.Exp(_logScale.On(tape)));
        return Space.Translate(tape, v, _settings.Place(tape, _loc.On(tape)));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _settings.WriteConfig(json);
        _loc.WriteConfig(json);
        _logScale.WriteConfig(json);
    }
}
