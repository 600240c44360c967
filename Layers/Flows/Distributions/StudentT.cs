using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Independent features of Student's t with learned degrees of freedom df: log p = sum(log Gamma((df + 1)/2) - log Gamma(df/2) - log(df pi)/2 - log_scale - (df + 1)/2 log(1 + u^2/df)), u = (x - loc)/scale.</summary>
/// <remarks>Parameters loc, log_scale, log_df [1 x features]. The normaliser is one op (<see cref="LogGammaRatioOp{T}"/>), so that many degrees of freedom lose no digits. Sampling is Bailey's polar form, without rejection: Bailey 1994, "Polar generation of random variates with the t-distribution".</remarks>
public sealed class StudentT<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Starts learning from tails that are clearly heavier than normal ones, with a finite fourth moment.
    private const double StartDf = 5;

    private readonly LocationScale<T> _at;
    private readonly DistributionParameter<T> _logDf;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="logScale">Start of log_scale; zeros when empty.</param>
    /// <param name="logDf">Start of log_df; log 5 when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range.</exception>
    public StudentT(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, ReadOnlySpan<double> logDf = default, bool trainable = true)
    {
        _at = new LocationScale<T>("student-t", dimension, loc, logScale, trainable);
        double[] start = new double[dimension];
        Array.Fill(start, Math.Log(StartDf));
        _logDf = new DistributionParameter<T>("student-t", "log_df", 1, dimension, logDf, start, trainable);
    }

    /// <inheritdoc/>
    public string Kind => "student-t";

    /// <inheritdoc/>
    public int Dimension => _at.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension; loc, log_scale, log_df (lists), trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static StudentT<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("student-t", config);
        (int dimension, double[]? loc, double[]? logScale, bool trainable) = LocationScale<T>.Read(reader);
        double[]? logDf = reader.Numbers("log_df", false);
        return reader.Make(() => new StudentT<T>(dimension, loc, logScale, logDf, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope)
    {
        _at.Attach(store, scope);
        _logDf.Attach(store, scope);
    }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        (Var u, Var sumLogScale) = _at.Standardize(tape, z);
        Var logDf = _logDf.On(tape), df = tape.Exp(logDf), half = tape.Scale(df, 0.5);
        Var tails = tape.Multiply(tape.Log1p(tape.Multiply(tape.Square(u), tape.Exp(tape.Negate(logDf)))), tape.AddConstant(half, 0.5));
        Var normalizer = tape.SumColumns(tape.LogGammaRatio(half));
        return tape.Add(LocationScale<T>.Sum(tape, tape.Negate(tails), sumLogScale, -0.5 * Dimension * Math.Log(2 * Math.PI)), normalizer);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        // t = sqrt(df (U^(-2/df) - 1)) cos(2 pi V); with E = -log U its size is exp((log df + w + log(1 - exp(-w)))/2), w = 2 E/df, which does not overflow before t does.
        Var e = DistributionNoise.Quantile(tape, count, Dimension, key, stream, DistributionNoise.Exponential);
        Var cosine = DistributionNoise.Quantile(tape, count, Dimension, SeedMix.Of(key, 1), stream, DistributionNoise.Cosine);
        Var logDf = _logDf.On(tape);
        Var w = tape.Multiply(e, tape.Scale(tape.Exp(tape.Negate(logDf)), 2));
        Var logSquare = tape.Add(tape.Add(w, tape.Log(tape.Negate(tape.Expm1(tape.Negate(w))))), logDf);
        return _at.Place(tape, tape.Multiply(tape.Exp(tape.Scale(logSquare, 0.5)), cosine));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _at.WriteConfig(json);
        _logDf.WriteConfig(json);
    }
}
