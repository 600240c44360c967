using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Mixture of K normals with full covariances: log p = log sum_k softmax(logits)_k N(x; loc_k, L_k L_k^T).</summary>
/// <remarks>Parameters logits [1 x K] and, for each component k, loc.k [1 x D] and scale_tril.k [D x D], of which only the lower triangle is used. Cost: K (2/3 D^3 + 2 B D^2) flops. Samples carry no gradient: the choice of a component has none.</remarks>
public sealed class FullGaussianMixture<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly MixtureSettings _settings;
    private readonly double[]? _givenLoc, _givenTril;
    private readonly DistributionParameter<T> _logits;
    private readonly DistributionParameter<T>[] _loc;
    private readonly TriangularScale<T>[] _scale;
    private readonly Var[] _columns;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="components">Number of components K.</param>
    /// <param name="loc">Start of the locations, row-major K x D; standard normal numbers by <paramref name="seed"/> when empty.</param>
    /// <param name="scaleTril">Start of the scale matrices, K x D x D; identities when empty.</param>
    /// <param name="logits">Start of logits; zeros when empty.</param>
    /// <param name="seed">Of the start of the locations.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range, or a diagonal has a 0.</exception>
    public FullGaussianMixture(int dimension, int components, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> scaleTril = default, ReadOnlySpan<double> logits = default, ulong seed = 0, bool trainable = true)
    {
        _settings = new MixtureSettings(dimension, components, seed, trainable);
        if (!loc.IsEmpty)
        {
            DistributionGuard.Numbers("loc", loc, components * dimension);
            _givenLoc = loc.ToArray();
        }

        if (!scaleTril.IsEmpty)
        {
            DistributionGuard.Numbers("scale_tril", scaleTril, components * dimension * dimension);
            _givenTril = scaleTril.ToArray();
        }

        double[] start = _givenLoc ?? _settings.StartOfLoc();
        _logits = new DistributionParameter<T>(Kind, "logits", 1, components, logits, null, trainable);
        _loc = new DistributionParameter<T>[components];
        _scale = new TriangularScale<T>[components];
        _columns = new Var[components];
        int square = dimension * dimension;
        for (int k = 0; k < components; k++)
        {
            _loc[k] = new DistributionParameter<T>(Kind, $"loc.{k}", 1, dimension, start.AsSpan(k * dimension, dimension), null, trainable);
            _scale[k] = new TriangularScale<T>(Kind, $"scale_tril.{k}", dimension, _givenTril is null ? [] : _givenTril.AsSpan(k * square, square), trainable);
        }
    }

    /// <inheritdoc/>
    public string Kind => "full-gaussian-mixture";

    /// <inheritdoc/>
    public int Dimension => _settings.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => false;

    /// <summary>From a recipe entry: dimension, components; loc, scale_tril, logits (lists), seed, trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static FullGaussianMixture<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("full-gaussian-mixture", config);
        MixtureSettings s = MixtureSettings.Read(reader);
        double[]? loc = reader.Numbers("loc", false), scaleTril = reader.Numbers("scale_tril", false), logits = reader.Numbers("logits", false);
        return reader.Make(() => new FullGaussianMixture<T>(s.Dimension, s.Components, loc, scaleTril, logits, s.Seed, s.Trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _logits.Attach(store, scope);
        for (int k = 0; k < _loc.Length; k++)
        {
            _loc[k].Attach(store, scope);
            _scale[k].Attach(store, scope);
        }
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        for (int k = 0; k < _columns.Length; k++) _columns[k] = _scale[k].LogProb(tape, tape.Subtract(z, _loc[k].On(tape)));
        Var logits = _logits.On(tape);
        Var logWeights = tape.Subtract(logits, tape.RowLogSumExp(logits));
        return tape.RowLogSumExp(tape.Add(tape.ConcatColumns(_columns), logWeights));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        int k = _settings.Components, d = Dimension;
        T[] weights = new T[k], loc = new T[k * d], lower = new T[k * d * d];
        tape.Read(tape.RowSoftmax(_logits.On(tape)), weights);
        for (int c = 0; c < k; c++)
        {
            tape.Read(_loc[c].On(tape), loc.AsSpan(c * d, d));
            tape.Read(_scale[c].Lower(tape), lower.AsSpan(c * d * d, d * d));
        }

        double[] choice = new double[count], e = new double[count * d];
        DistributionNoise.Fill(SeedMix.Of(key, 1), stream, choice);
        RandomFill.Gaussian<double>(key, stream, 0, e);
        var x = new T[count * d];
        for (int r = 0; r < count; r++)
        {
            int c = DistributionNoise.Component<T>(weights, choice[r]);
            for (int i = 0; i < d; i++)
            {
                T sum = loc[c * d + i];
                for (int j = 0; j <= i; j++) sum += lower[(c * d + i) * d + j] * T.CreateTruncating(e[r * d + j]);
                x[r * d + i] = sum;
            }
        }

        return tape.Input(x, count, d);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _settings.WriteConfig(json);
        if (_givenLoc is not null) Write(json, "loc", _givenLoc);
        if (_givenTril is not null) Write(json, "scale_tril", _givenTril);
        _logits.WriteConfig(json);
    }

    private static void Write(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (double v in values) json.WriteNumberValue(v);
        json.WriteEndArray();
    }
}
