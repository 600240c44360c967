using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Mixture of K normals with diagonal covariances: log p = log sum_k softmax(logits)_k N(x; loc_k, diag(exp(2 log_scale_k))).</summary>
/// <remarks>Parameters loc, log_scale [K x D], logits [1 x K]. Cost: about 6 B K D flops. Samples carry no gradient: the choice of a component has none.</remarks>
public sealed class DiagonalGaussianMixture<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly MixtureSettings _settings;
    private readonly DistributionParameter<T> _loc, _logScale, _logits;
    private readonly Var[] _copies;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="components">Number of components K.</param>
    /// <param name="loc">Start of loc, row-major K x D; standard normal numbers by <paramref name="seed"/> when empty.</param>
    /// <param name="logScale">Start of log_scale, K x D; zeros when empty.</param>
    /// <param name="logits">Start of logits; zeros when empty.</param>
    /// <param name="seed">Of the start of loc.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range.</exception>
    public DiagonalGaussianMixture(int dimension, int components, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, ReadOnlySpan<double> logits = default, ulong seed = 0, bool trainable = true)
    {
        _settings = new MixtureSettings(dimension, components, seed, trainable);
        _loc = new DistributionParameter<T>(Kind, "loc", components, dimension, loc, _settings.StartOfLoc(), trainable);
        _logScale = new DistributionParameter<T>(Kind, "log_scale", components, dimension, logScale, null, trainable);
        _logits = new DistributionParameter<T>(Kind, "logits", 1, components, logits, null, trainable);
        _copies = new Var[components];
    }

    /// <inheritdoc/>
    public string Kind => "diagonal-gaussian-mixture";

    /// <inheritdoc/>
    public int Dimension => _settings.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => false;

    /// <summary>From a recipe entry: dimension, components; loc, log_scale, logits (lists), seed, trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static DiagonalGaussianMixture<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("diagonal-gaussian-mixture", config);
        MixtureSettings s = MixtureSettings.Read(reader);
        double[]? loc = reader.Numbers("loc", false), logScale = reader.Numbers("log_scale", false), logits = reader.Numbers("logits", false);
        return reader.Make(() => new DiagonalGaussianMixture<T>(s.Dimension, s.Components, loc, logScale, logits, s.Seed, s.Trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _logScale.Attach(store, scope);
        _logits.Attach(store, scope);
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        int k = _settings.Components, d = Dimension;
        Var logScale = _logScale.On(tape), logits = _logits.On(tape);
        // Row b holds x_b K times over, so that [B K x D] and [B x K D] are two views of one block.
        Array.Fill(_copies, z);
        Var u = tape.Multiply(tape.Subtract(tape.ConcatColumns(_copies), _loc.On(tape).Reshape(1, k * d)), tape.Exp(tape.Negate(logScale)).Reshape(1, k * d));
        Var normals = tape.StandardNormalLogProb(u.Reshape(z.Rows * k, d)).Reshape(z.Rows, k);
        Var logWeights = tape.Subtract(logits, tape.RowLogSumExp(logits));
        return tape.RowLogSumExp(tape.Add(normals, tape.Subtract(logWeights, tape.SumColumns(logScale).Reshape(1, k))));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        int k = _settings.Components, d = Dimension;
        T[] weights = new T[k], loc = new T[k * d], logScale = new T[k * d];
        tape.Read(tape.RowSoftmax(_logits.On(tape)), weights);
        tape.Read(_loc.On(tape), loc);
        tape.Read(_logScale.On(tape), logScale);
        double[] choice = new double[count], e = new double[count * d];
        DistributionNoise.Fill(SeedMix.Of(key, 1), stream, choice);
        RandomFill.Gaussian<double>(key, stream, 0, e);
        var x = new T[count * d];
        for (int r = 0; r < count; r++)
        {
            int c = DistributionNoise.Component<T>(weights, choice[r]);
            for (int j = 0; j < d; j++) x[r * d + j] = loc[c * d + j] + T.Exp(logScale[c * d + j]) * T.CreateTruncating(e[r * d + j]);
        }

        return tape.Input(x, count, d);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _settings.WriteConfig(json);
        _loc.WriteConfig(json);
        _logScale.WriteConfig(json);
        _logits.WriteConfig(json);
    }
}
