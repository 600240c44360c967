using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What all distributions x = loc + exp(log_scale) e with independent features share.</summary>
internal sealed class LocationScale<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly string _kind;
    private readonly bool _trainable;
    private readonly DistributionParameter<T> _loc, _logScale;

    public LocationScale(string kind, int dimension, ReadOnlySpan<double> loc, ReadOnlySpan<double> logScale, bool trainable)
    {
        BijectorGuard.Dimension("dimension", dimension);
        (_kind, _trainable, Dimension) = (kind, trainable, dimension);
        _loc = new DistributionParameter<T>(kind, "loc", 1, dimension, loc, null, trainable);
        _logScale = new DistributionParameter<T>(kind, "log_scale", 1, dimension, logScale, null, trainable);
    }

    public int Dimension { get; }

    public static (int Dimension, double[]? Loc, double[]? LogScale, bool Trainable) Read(ConfigReader reader)
        => (reader.Integer("dimension", 1), reader.Numbers("loc", false), reader.Numbers("log_scale", false), reader.Flag("trainable", true));

    public void Attach(ParameterStore<T> store, string scope)
    {
        _loc.Attach(store, scope);
        _logScale.Attach(store, scope);
    }

    /// <summary>u = (x - loc)/scale [batch x features], and the sum of log_scale [1 x 1].</summary>
    public (Var U, Var SumLogScale) Standardize(Tape<T> tape, Var x)
    {
        BijectorGuard.Width(_kind, Dimension, x);
        Var logScale = _logScale.On(tape);
        Var u = tape.Multiply(tape.Subtract(x, _loc.On(tape)), tape.Exp(tape.Negate(logScale)));
        return (u, tape.Sum(logScale));
    }

    /// <summary>Row sums of the standard log-density's parts, less the log-scales: [batch x 1].</summary>
    public static Var Sum(Tape<T> tape, Var parts, Var sumLogScale, double constant = 0)
    {
        Var logProb = tape.Subtract(tape.SumColumns(parts), sumLogScale);
        return constant == 0 ? logProb : tape.AddConstant(logProb, constant);
    }

    /// <summary>loc + scale e.</summary>
    public Var Place(Tape<T> tape, Var e) => tape.Add(tape.Multiply(e, tape.Exp(_logScale.On(tape))), _loc.On(tape));

    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        _loc.WriteConfig(json);
        _logScale.WriteConfig(json);
        if (!_trainable) json.WriteBoolean("trainable", false);
    }
}
