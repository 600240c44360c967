using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How a raw number becomes a positive scale.</summary>
public enum ScaleFunction
{
    /// <summary>e^u.</summary>
    Exp,

    /// <summary>s(u + 2) + 0.001: never above 1.001, as nflows has it.</summary>
    Sigmoid,

    /// <summary>softplus(u) + 0.001.</summary>
    Softplus,

    /// <summary>e^(u / (1 + |u / ln m|)), between m and 1/m for the least scale m.</summary>
    SoftClip,
}

/// <summary>z = scale x + shift. Raw parameters of a feature: shift, u. log|det| = sum log scale.</summary>
/// <remarks>Cost: a few passes over [batch x D]. Source: Dinh, Sohl-Dickstein and Bengio 2017, RealNVP; soft clip as in zuko.</remarks>
public sealed class AffineTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double LeastScale = 1e-3;
    private readonly double _slope;

    /// <summary>Makes the transformer.</summary>
    /// <param name="scale">How the scale is made.</param>
    /// <param name="slope">Least scale of <see cref="ScaleFunction.SoftClip"/>, in (0, 1); the others have none.</param>
    /// <exception cref="ArgumentException">The slope is out of range.</exception>
    public AffineTransformer(ScaleFunction scale = ScaleFunction.Exp, double slope = 1e-3)
    {
        if (!(slope > 0 && slope < 1)) throw new ArgumentException($"slope is {slope}; it must lie in (0, 1).");
        Scale = scale;
        _slope = slope;
    }

    /// <summary>How the scale is made.</summary>
    public ScaleFunction Scale { get; }

    /// <inheritdoc/>
    public string Kind => "affine";

    /// <inheritdoc/>
    public int ParametersPerFeature => 2;

    private static string[] Names => ["exp", "sigmoid", "softplus", "soft-clip"];

    /// <summary>From a recipe entry: scale (exp, sigmoid, softplus, soft-clip), slope (0.001, for soft-clip).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static AffineTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("affine", config);
        var scale = (ScaleFunction)Array.IndexOf(Names, reader.Choice("scale", Names[0], Names));
        double slope = reader.Number("slope", 1e-3);
        return reader.Make(() => new AffineTransformer<T>(scale, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        raw[0] = 0;
        // Scale 1; the sigmoid cannot reach it and starts where its source does, at s(2).
        raw[1] = Scale == ScaleFunction.Softplus ? Math.Log(Math.Exp(1 - LeastScale) - 1) : 0;
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var shift, Var scale, Var logScale) = Parameters(tape, x, raw);
        return (tape.Add(tape.Multiply(x, scale), shift), tape.SumColumns(logScale));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var shift, Var scale, Var logScale) = Parameters(tape, z, raw);
        return (tape.Divide(tape.Subtract(z, shift), scale), tape.SumColumns(logScale, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteString("scale", Names[(int)Scale]);
        json.WriteNumber("slope", _slope);
    }

    private (Var Shift, Var Scale, Var LogScale) Parameters(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var shift = RawParameters.Part(tape, raw, 2, 0), u = RawParameters.Part(tape, raw, 2, 1);
        switch (Scale)
        {
            case ScaleFunction.Exp:
                return (shift, tape.Exp(u), u);
            case ScaleFunction.SoftClip:
                Var clipped = tape.Divide(u, tape.AddConstant(tape.Abs(tape.Scale(u, 1 / Math.Log(_slope))), 1));
                return (shift, tape.Exp(clipped), clipped);
            default:
                Var positive = Scale == ScaleFunction.Sigmoid ? tape.Sigmoid(tape.AddConstant(u, 2)) : tape.Softplus(u);
                Var scale = tape.AddConstant(positive, LeastScale);
                return (shift, scale, tape.Log(scale));
        }
    }
}
