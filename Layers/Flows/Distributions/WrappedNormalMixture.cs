using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Mixture of K wrapped normals (<see cref="WrappedNormal{T}"/>) on one hyperbolic space, in tangent coordinates at the origin.</summary>
/// <remarks>Parameters loc, log_scale [K x n], logits [1 x K], and log_radius [1 x 1] (a buffer unless learned). Cost: K times that of one. Samples carry no gradient: the choice of a component has none.</remarks>
public sealed class WrappedNormalMixture<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WrappedSettings<T> _settings;
    private readonly int _components;
    private readonly ulong _seed;
    private readonly DistributionParameter<T> _loc, _logScale, _logits;
    private readonly Var[] _copies;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">n.</param>
    /// <param name="components">K.</param>
    /// <param name="loc">Start of loc, row-major K x n; standard normal numbers by <paramref name="seed"/> when empty.</param>
    /// <param name="logScale">Start of log_scale, K x n; zeros when empty.</param>
    /// <param name="logits">Start of logits; zeros when empty.</param>
    /// <param name="seed">Of the start of loc.</param>
    /// <param name="radius">R, above 0; the curvature is -1/R^2.</param>
    /// <param name="learnRadius">Whether R is learned.</param>
    /// <param name="coordinates">What loc is: tangent or spatial coordinates.</param>
    /// <param name="measure">What the density is with respect to.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range, or a location is to have Poincare coordinates.</exception>
    public WrappedNormalMixture(int dimension, int components, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, ReadOnlySpan<double> logits = default, ulong seed = 0, double radius = 1, bool learnRadius = false, HyperbolicCoordinates coordinates = HyperbolicCoordinates.Tangent, HyperbolicMeasure measure = HyperbolicMeasure.Tangent, bool trainable = true)
        : this(new WrappedSettings<T>(dimension, radius, learnRadius, coordinates, measure, trainable), components, loc, logScale, logits, seed)
    {
    }

    private WrappedNormalMixture(WrappedSettings<T> settings, int components, ReadOnlySpan<double> loc, ReadOnlySpan<double> logScale, ReadOnlySpan<double> logits, ulong seed)
    {
        (_settings, _components, _seed) = (settings, components, seed);
        double[] start = new MixtureSettings(Dimension, components, seed, settings.IsTrainable).StartOfLoc();
        _loc = new DistributionParameter<T>(Kind, "loc", components, Dimension, loc, start, settings.IsTrainable);
        _logScale = new DistributionParameter<T>(Kind, "log_scale", components, Dimension, logScale, null, settings.IsTrainable);
        _logits = new DistributionParameter<T>(Kind, "logits", 1, components, logits, null, settings.IsTrainable);
        _copies = new Var[components];
    }

    /// <inheritdoc/>
    public string Kind => "wrapped-normal-mixture";

    /// <inheritdoc/>
    public int Dimension => _settings.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => false;

    /// <summary>The space it lives on.</summary>
    public HyperbolicSpace<T> Space => _settings.Space;

    /// <summary>From a recipe entry: dimension, components; loc, log_scale, logits (lists), seed, radius, learn_radius, coordinates, measure, trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static WrappedNormalMixture<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("wrapped-normal-mixture", config);
        WrappedSettings<T> settings = WrappedSettings<T>.Read(reader);
        int components = reader.Integer("components", 1);
        ulong seed = reader.Seed("seed") ?? 0;
        double[]? loc = reader.Numbers("loc", false), logScale = reader.Numbers("log_scale", false), logits = reader.Numbers("logits", false);
        return reader.Make(() => new WrappedNormalMixture<T>(settings, components, loc, logScale, logits, seed));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _logScale.Attach(store, scope);
        _logits.Attach(store, scope);
        _settings.Attach(store, scope);
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        int k = _components, n = Dimension;
        Var logScale = _logScale.On(tape), logits = _logits.On(tape);
        // Row b holds w_b K times over, so that [B K x n] and [B x K n] are two views of one block.
        Array.Fill(_copies, z);
        Var w = tape.ConcatColumns(_copies).Reshape(z.Rows * k, n);
        Var places = tape.RepeatRows(_settings.Place(tape, _loc.On(tape)).Reshape(1, k * n), z.Rows).Reshape(z.Rows * k, n);
        Var v = Space.Translate(tape, w, places, back: true);
        Var u = tape.Multiply(v.Reshape(z.Rows, k * n), tape.Exp(tape.Negate(logScale)).Reshape(1, k * n));
        Var wrapped = _settings.Wrapped(tape, tape.StandardNormalLogProb(u.Reshape(z.Rows * k, n)), v, w).Reshape(z.Rows, k);
        Var logWeights = tape.Subtract(logits, tape.RowLogSumExp(logits));
        return tape.RowLogSumExp(tape.Add(wrapped, tape.Subtract(logWeights, tape.SumColumns(logScale).Reshape(1, k))));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        int k = _components, n = Dimension;
        T[] weights = new T[k], place = new T[k * n], logScale = new T[k * n];
        tape.Read(tape.RowSoftmax(_logits.On(tape)), weights);
        tape.Read(_settings.Place(tape, _loc.On(tape).Detach()), place);
        tape.Read(_logScale.On(tape), logScale);
        double[] choice = new double[count], e = new double[count * n];
        DistributionNoise.Fill(SeedMix.Of(key, 1), stream, choice);
        RandomFill.Gaussian<double>(key, stream, 0, e);
        T[] v = new T[count * n], places = new T[count * n];
        for (int r = 0; r < count; r++)
        {
            int c = DistributionNoise.Component<T>(weights, choice[r]);
            for (int j = 0; j < n; j++) v[r * n + j] = T.Exp(logScale[c * n + j]) * T.CreateTruncating(e[r * n + j]);
            place.AsSpan(c * n, n).CopyTo(places.AsSpan(r * n));
        }

        return Space.Translate(tape, tape.Input(v, count, n), tape.Input(places, count, n)).Detach();
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _settings.WriteConfig(json);
        json.WriteNumber("components", _components);
        if (_seed != 0) json.WriteNumber("seed", _seed);
        _loc.WriteConfig(json);
        _logScale.WriteConfig(json);
        _logits.WriteConfig(json);
    }
}
