using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// A network of one number with weights |W|, shared by all features: increasing in x, onto the whole line. Half of each hidden layer has the activation elu(v), half
/// -elu(-v), so that neither side saturates. Raw parameters of a feature: its embedding, which enters beside x. log|det| = sum of log z', carried through the layers.
/// </summary>
/// <remarks>
/// Parameters net.{i}.weight, net.{i}.bias. Cost: two passes of the network an element; about ten times that for the inverse.
/// Source: Huang et al. 2018, Neural autoregressive flows; this form as in zuko.
/// </remarks>
public sealed class MonotoneMlpTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SharedNet<T> _net;
    private readonly Var[] _signs;

    /// <summary>Makes the transformer.</summary>
    /// <param name="embedding">Numbers that a conditioner gives the network beside x.</param>
    /// <param name="hidden">Widths of the hidden layers, at least 2 each.</param>
    /// <exception cref="ArgumentException">A width is out of range.</exception>
    public MonotoneMlpTransformer(int embedding, ReadOnlySpan<int> hidden)
    {
        _net = new SharedNet<T>("monotone-mlp", embedding, hidden.ToArray(), 2);
        _signs = new Var[hidden.Length];
    }

    /// <inheritdoc/>
    public string Kind => "monotone-mlp";

    /// <inheritdoc/>
    public int ParametersPerFeature => _net.Embedding;

    /// <summary>From a recipe entry: embedding (8), hidden ([16, 16]).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static MonotoneMlpTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("monotone-mlp", config);
        int embedding = reader.Integer("embedding", 1, 8);
        int[] hidden = reader.Integers("hidden", [16, 16]);
        return reader.Make(() => new MonotoneMlpTransformer<T>(embedding, hidden));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        int layers = _signs.Length;
        _net.Attach(store, scope, seed, last: 1, (layer, inputs, weights) =>
        {
            // x has slope 1 into the first layer; later layers average what comes in, and the last makes up for the half of the units that is flat.
            for (int i = 0; i < weights.Length; i++)
                weights[i] = layer == 0 && i % inputs == 0 ? 1 : layer == 0 ? 0.3 * weights[i] : weights[i] * (layer == layers ? 2 : 1.25) / Math.Sqrt(inputs);
        });
        for (int i = 0; i < layers; i++)
        {
            var signs = new double[_net.Hidden[i]];
            for (int k = 0; k < signs.Length; k++) signs[k] = k < signs.Length / 2 ? 1 : -1;
            _signs[i] = store.AddBuffer($"{scope}.signs.{i}", 1, signs.Length, signs);
        }
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw) => raw.Clear();

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var z, Var logSlope) = Prepare(tape, x, raw).Record(tape, x);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, z, Prepare(tape, z, raw));
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("embedding", _net.Embedding);
        json.WriteStartArray("hidden");
        foreach (int width in _net.Hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
    }

    private Map Prepare(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        _net.RequireAttached();
        return new Map(this, RawParameters.PerElement(tape, x, raw));
    }

    private readonly record struct Map(MonotoneMlpTransformer<T> Owner, Var Embedding) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            SharedNet<T> net = Owner._net;
            Var weight = tape.Abs(net.Weights[0]);
            Var v = tape.Add(tape.MatMul(tape.ConcatColumns(x.Reshape(x.Length, 1), Embedding), weight, transposeB: true), net.Biases[0]);
            // dv/dx beside v: at first the weights of x, the same for every element.
            Var slope = tape.SliceColumns(weight, 0, 1).Reshape(1, weight.Rows);
            for (int i = 1; i < net.Weights.Length; i++)
            {
                Var sign = Owner._signs[i - 1], signed = tape.Multiply(v, sign);
                slope = tape.Multiply(tape.Exp(tape.Negate(tape.Relu(tape.Negate(signed)))), slope);
                weight = tape.Abs(net.Weights[i]);
                v = tape.Add(tape.MatMul(tape.Multiply(tape.Elu(signed), sign), weight, transposeB: true), net.Biases[i]);
                slope = tape.MatMul(slope, weight, transposeB: true);
            }
            return (v.Reshape(x.Rows, x.Cols), tape.Log(slope).Reshape(x.Rows, x.Cols));
        }
    }
}
