using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>From the whole line to an interval: z = low + (high - low)/(1 + e^(-temperature x)). The inverse of <see cref="Logit{T}"/> without a margin; log|det| [batch x 1].</summary>
/// <remarks>No parameters. Cost: one exp and one log an element forward, two logarithms back. Beyond |temperature x| of about 37 (double) or 17 (single) z is an end of the interval to the last digit and cannot come back; the log-determinant stays exact.</remarks>
public sealed class Sigmoid<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly LogitSettings _settings;
    private readonly double _temperature;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="temperature">Factor on x, positive.</param>
    /// <param name="low">Lower end of z.</param>
    /// <param name="high">Upper end of z.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Sigmoid(int dimension, double temperature = 1, double low = 0, double high = 1)
    {
        BijectorGuard.Dimension("dimension", dimension);
        _settings = new LogitSettings(low, high, 0, temperature, 0);
        _settings.Check();
        _temperature = temperature;
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "sigmoid";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension, temperature (1), low (0), high (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Sigmoid<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("sigmoid", config);
        int dimension = reader.Integer("dimension", 1);
        double temperature = reader.Number("temperature", 1), low = reader.Number("low", 0), high = reader.Number("high", 1);
        return reader.Make(() => new Sigmoid<T>(dimension, temperature, low, high));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        (Var z, Var logDet) = LogitFlowOp<T>.RecordInverse(tape, x, _settings);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or not in (low, high).</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        (Var x, Var logDet) = LogitFlowOp<T>.Record(tape, z, _settings);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("temperature", _temperature);
        json.WriteNumber("low", _settings.Low);
        json.WriteNumber("high", _settings.High);
    }
}
