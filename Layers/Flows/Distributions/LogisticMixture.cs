using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Independent features, each a mixture of K logistic distributions: log p = sum_d log sum_k softmax(logits_d)_k logistic(x_d; loc_dk, exp(log_scale_dk)).</summary>
/// <remarks>Parameters loc, log_scale, logits [D x K]. Cost: about one log-sigmoid and 8 flops for each of B D K. Samples carry no gradient: the choice of a component has none.</remarks>
public sealed class LogisticMixture<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly MixtureSettings _settings;
    private readonly DistributionParameter<T> _loc, _logScale, _logits;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="components">Number of components K of every feature.</param>
    /// <param name="loc">Start of loc, row-major D x K; standard normal numbers by <paramref name="seed"/> when empty.</param>
    /// <param name="logScale">Start of log_scale, D x K; zeros when empty.</param>
    /// <param name="logits">Start of logits, D x K; zeros when empty.</param>
    /// <param name="seed">Of the start of loc.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range.</exception>
    public LogisticMixture(int dimension, int components, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, ReadOnlySpan<double> logits = default, ulong seed = 0, bool trainable = true)
    {
        _settings = new MixtureSettings(dimension, components, seed, trainable);
        _loc = new DistributionParameter<T>(Kind, "loc", dimension, components, loc, _settings.StartOfLoc(), trainable);
        _logScale = new DistributionParameter<T>(Kind, "log_scale", dimension, components, logScale, null, trainable);
        _logits = new DistributionParameter<T>(Kind, "logits", dimension, components, logits, null, trainable);
    }

    /// <inheritdoc/>
    public string Kind => "logistic-mixture";

    /// <inheritdoc/>
    public int Dimension => _settings.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => false;

    /// <summary>From a recipe entry: dimension, components; loc, log_scale, logits (lists), seed, trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LogisticMixture<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("logistic-mixture", config);
        MixtureSettings s = MixtureSettings.Read(reader);
        double[]? loc = reader.Numbers("loc", false), logScale = reader.Numbers("log_scale", false), logits = reader.Numbers("logits", false);
        return reader.Make(() => new LogisticMixture<T>(s.Dimension, s.Components, loc, logScale, logits, s.Seed, s.Trainable));
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
        // [B D x K] and [B x D K] are two views of one block; the logistic density is even, so (loc - x)/scale will do.
        Var difference = tape.Subtract(tape.RepeatRows(_loc.On(tape).Reshape(1, k * d), z.Rows).Reshape(z.Rows * d, k), z.Reshape(z.Rows * d, 1));
        Var u = tape.Multiply(difference.Reshape(z.Rows, k * d), tape.Exp(tape.Negate(logScale)).Reshape(1, k * d));
        Var logWeights = tape.Subtract(tape.Subtract(logits, tape.RowLogSumExp(logits)), logScale);
        Var parts = tape.Add(tape.Subtract(tape.Scale(tape.LogSigmoid(u), 2), u), logWeights.Reshape(1, k * d));
        return tape.SumColumns(tape.RowLogSumExp(parts.Reshape(z.Rows * d, k)).Reshape(z.Rows, d));
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        int k = _settings.Components, d = Dimension;
        T[] weights = new T[k * d], loc = new T[k * d], logScale = new T[k * d];
        tape.Read(tape.RowSoftmax(_logits.On(tape)), weights);
        tape.Read(_loc.On(tape), loc);
        tape.Read(_logScale.On(tape), logScale);
        double[] choice = new double[count * d], u = new double[count * d];
        DistributionNoise.Fill(SeedMix.Of(key, 1), stream, choice);
        DistributionNoise.Fill(key, stream, u);
        var x = new T[count * d];
        for (int i = 0; i < x.Length; i++)
        {
            int c = i % d * k + DistributionNoise.Component<T>(weights.AsSpan(i % d * k, k), choice[i]);
            x[i] = loc[c] + T.Exp(logScale[c]) * T.CreateTruncating(DistributionNoise.Logistic(u[i]));
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
