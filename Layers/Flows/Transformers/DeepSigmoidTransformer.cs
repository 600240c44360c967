using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Deep sigmoidal flow: z = logit(sum_k w_k s(a_k x + b_k)), a = softplus + 1e-6, w = softmax. Raw parameters of a feature: K for a, K for b, K for w.
/// log|det| = sum of log z', exact. Onto the whole line; the inverse is found numerically.
/// </summary>
/// <remarks>Cost: K exponentials and logarithms an element forward; about ten times that for the inverse. Source: Huang, Krueger, Lacoste and Courville 2018, Neural autoregressive flows.</remarks>
public sealed class DeepSigmoidTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    internal const double LeastSlope = 1e-6;

    private readonly int _units;
    private readonly double _delta;

    /// <summary>Makes the transformer.</summary>
    /// <param name="units">K, 1 to 1000.</param>
    /// <param name="delta">Its source squeezes the mixture into [delta/2, 1 - delta/2]; then the range is bounded. 0 for the whole line.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public DeepSigmoidTransformer(int units = 8, double delta = 0)
    {
        SigmoidMixture.CheckUnits(units);
        SigmoidMixture.Check(delta);
        _units = units;
        _delta = delta;
    }

    /// <inheritdoc/>
    public string Kind => "dsf";

    /// <inheritdoc/>
    public int ParametersPerFeature => 3 * _units;

    /// <summary>From a recipe entry: units (8), delta (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static DeepSigmoidTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("dsf", config);
        int units = reader.Integer("units", 1, 8);
        double delta = reader.Number("delta", 0);
        return reader.Make(() => new DeepSigmoidTransformer<T>(units, delta));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // Slope 1 each, a little apart: equal units would stay equal.
        raw[.._units].Fill(Math.Log(Math.Exp(1 - LeastSlope) - 1));
        for (int k = 0; k < _units; k++) raw[_units + k] = _units == 1 ? 0 : (2.0 * k / (_units - 1)) - 1;
        raw[(2 * _units)..].Clear();
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var z, Var logSlope) = Prepare(tape, x, raw).Record(tape, x);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, z, Prepare(tape, z, raw), SigmoidMixture.Bounds(_delta));
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("units", _units);
        json.WriteNumber("delta", _delta);
    }

    private Map Prepare(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var all = RawParameters.PerElement(tape, x, raw);
        Var slopes = tape.AddConstant(tape.Softplus(tape.SliceColumns(all, 0, _units)), LeastSlope);
        return new Map(slopes, tape.Log(slopes), tape.SliceColumns(all, _units, _units), SigmoidMixture.LogSoftmax(tape, tape.SliceColumns(all, 2 * _units, _units)), _delta);
    }

    private readonly record struct Map(Var Slopes, Var LogSlopes, Var Shifts, Var LogWeights, double Delta) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            Var pre = tape.Add(tape.Multiply(Slopes, x.Reshape(x.Length, 1)), Shifts);
            (Var z, Var logSlope) = SigmoidMixture.Record(tape, pre, LogWeights, LogSlopes, Delta);
            return (z.Reshape(x.Rows, x.Cols), logSlope.Reshape(x.Rows, x.Cols));
        }
    }
}
