using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// z = scale x + shift. Raw parameters of a feature: shift, u. log|det| = sum log scale; with volume preservation the mean of the log
/// scales over the features is taken off them, and log|det| = 0.
/// </summary>
/// <remarks>
/// Parameters alpha, beta [1 x 1] of <see cref="ScaleFunction.LearnedTanh"/>, none of the others. Cost: a few passes over [batch x D]. Source: Dinh, Sohl-Dickstein and Bengio 2017, RealNVP; soft clip as in zuko, clamps as in FrEIA;
/// volume preservation: Sorrenson, Rother and Koethe 2020, GIN.
/// </remarks>
public sealed class AffineTransformer<T> : ITransformer<T>, ILipschitzTransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly LearnedScale<T> _scale;
    private readonly bool _volumePreserving;

    /// <summary>Makes the transformer.</summary>
    /// <param name="scale">How the scale is made.</param>
    /// <param name="slope">Least scale of <see cref="ScaleFunction.SoftClip"/>, in (0, 1); the others have none.</param>
    /// <exception cref="ArgumentException">The slope is out of range.</exception>
    public AffineTransformer(ScaleFunction scale = ScaleFunction.Exp, double slope = 1e-3) : this(new ScaleSettings(scale, Slope: slope))
    {
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="scale">How the scale is made.</param>
    /// <param name="volumePreserving">Whether the log scales of a sample are moved to sum to 0 (GIN).</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public AffineTransformer(in ScaleSettings scale, bool volumePreserving = false)
    {
        _scale = new LearnedScale<T>(scale);
        _volumePreserving = volumePreserving;
    }

    /// <summary>How the scale is made.</summary>
    public ScaleFunction Scale => _scale.Settings.Function;

    /// <inheritdoc/>
    public string Kind => "affine";

    /// <inheritdoc/>
    public int ParametersPerFeature => 2;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <inheritdoc/>
    public bool MixesFeatures => _volumePreserving;

    /// <summary>
    /// From a recipe entry: scale (exp, sigmoid, softplus, soft-clip, reciprocal-sigmoid, clamp-atan, clamp-tanh, clamp-sigmoid,
    /// tanh, half-sigmoid, learned-tanh), least (0.001, for sigmoid and softplus), cap (none, for softplus), slope (0.001, for soft-clip), clamp (2, for the clamps and tanh), volume_preserving (false).
    /// </summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static AffineTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("affine", config);
        ScaleSettings scale = ScaleSettings.Read(reader);
        bool volumePreserving = reader.Flag("volume_preserving", false);
        return reader.Make(() => new AffineTransformer<T>(scale, volumePreserving));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed) => _scale.Attach(Kind, store, scope);

    /// <inheritdoc/>
    public void Start(Span<double> raw) => (raw[0], raw[1]) = (0, _scale.Settings.Start);

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var shift, Var scale, Var logScale) = Parameters(tape, x, raw);
        return (tape.Add(tape.Multiply(x, scale), shift), _volumePreserving ? tape.Constant(0) : tape.SumColumns(logScale));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var shift, Var scale, Var logScale) = Parameters(tape, z, raw);
        return (tape.Divide(tape.Subtract(z, shift), scale), _volumePreserving ? tape.Constant(0) : tape.SumColumns(logScale, -1));
    }

    /// <inheritdoc/>
    /// <remarks>dz/d(input) = diag(x ds/du) Du + Dt: bounded only where x is, unless the network is constant.</remarks>
    public TransformerBounds Bounds(ParameterStore<T> store, in NetworkBounds network, double inputBound, int features)
    {
        ScaleBounds s = _scale.Bounds(Kind, store, network.OutputBound);
        double low = s.LeastLog, high = s.MostLog, slope = s.Slope;
        if (_volumePreserving)
        {
            double width = Times(high - low, 1 - (1.0 / features));
            (low, high, slope) = (-width, width, double.PositiveInfinity);
        }
        double least = Math.Exp(low), most = Math.Exp(high);
        slope = Math.Min(slope, most * s.LogSlope);
        double moved = Times(inputBound, slope), cross = Times(network.Lipschitz, Math.Sqrt(1 + (moved * moved)));
        string reason = double.IsInfinity(most) ? "the scale has no upper bound"
            : least == 0 ? "the scale has no lower bound above 0"
            : double.IsInfinity(cross) && double.IsInfinity(inputBound) ? "the scale is bounded, but its derivative is multiplied by the input: it takes a bound on the input"
            : double.IsInfinity(cross) ? "no bound is known of the network" : "";
        return new TransformerBounds(least, most, cross, Times(most, inputBound) + network.OutputBound, reason);

        // What does not depend on something infinite is 0, not NaN.
        static double Times(double a, double b) => a == 0 || b == 0 ? 0 : a * b;
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        _scale.Settings.Write(json);
        json.WriteBoolean("volume_preserving", _volumePreserving);
    }

    private (Var Shift, Var Scale, Var LogScale) Parameters(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var shift = RawParameters.Part(tape, raw, 2, 0);
        (Var scale, Var logScale) = _scale.Record(Kind, tape, RawParameters.Part(tape, raw, 2, 1));
        if (_volumePreserving) (scale, logScale) = (Var.None, tape.Subtract(logScale, tape.SumColumns(logScale, 1.0 / logScale.Cols)));
        return (shift, scale.IsNone ? tape.Exp(logScale) : scale, logScale);
    }
}
