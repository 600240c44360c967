using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>From an interval to the whole line: u = alpha + (1 - 2 alpha)(x - low)/(high - low), z = (ln u - ln(1 - u))/temperature. The first layer of a flow on pixels; log|det| [batch x 1] has every factor, so densities are those of x on its own scale.</summary>
/// <remarks>No parameters. Cost: two logarithms an element forward, one exp and one log back. Source: Dinh et al. 2017, Real NVP, section 4.1.</remarks>
public sealed class Logit<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly LogitSettings _settings;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="alpha">Distance that the ends keep from 0 and 1, in [0, 1/2); 0 makes the interval open.</param>
    /// <param name="low">Lower end of x.</param>
    /// <param name="high">Upper end of x.</param>
    /// <param name="temperature">Divisor of z, positive.</param>
    /// <param name="clip">With a positive value x is clipped to [low + clip, high - clip] first (no inverse there), and alpha must be 0.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Logit(int dimension, double alpha = 0.01, double low = 0, double high = 1, double temperature = 1, double clip = 0)
    {
        BijectorGuard.Dimension("dimension", dimension);
        _settings = new LogitSettings(low, high, alpha, temperature, clip);
        _settings.Check();
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "logit";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>Lower end of x.</summary>
    public double Low => _settings.Low;

    /// <summary>Upper end of x.</summary>
    public double High => _settings.High;

    /// <summary>From a recipe entry: dimension, alpha (0.01; 0 with clip), low (0), high (1), temperature (1), clip (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Logit<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("logit", config);
        int dimension = reader.Integer("dimension", 1);
        double low = reader.Number("low", 0), high = reader.Number("high", 1), temperature = reader.Number("temperature", 1);
        double clip = reader.Number("clip", 0), alpha = reader.Number("alpha", clip > 0 ? 0 : 0.01);
        return reader.Make(() => new Logit<T>(dimension, alpha, low, high, temperature, clip));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or outside the domain, which reaches alpha (high - low)/(1 - 2 alpha) beyond low and high.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        (Var z, Var logDet) = LogitFlowOp<T>.Record(tape, x, _settings);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        (Var x, Var logDet) = LogitFlowOp<T>.RecordInverse(tape, z, _settings);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("alpha", _settings.Alpha);
        json.WriteNumber("low", _settings.Low);
        json.WriteNumber("high", _settings.High);
        json.WriteNumber("temperature", _settings.Temperature);
        json.WriteNumber("clip", _settings.Clip);
    }
}
