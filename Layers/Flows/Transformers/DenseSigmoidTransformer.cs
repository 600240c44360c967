using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Deep dense sigmoidal flow: layers h -> logit(w s(a (u h) + b)) with K units, u and w rows of weights that add up to 1; K wide between layers, one number at both ends.
/// Raw parameters of a feature, layer after layer: a[K], b[K], w[K], and after the first layer u[K]; the last two are added to shared logits. log|det| = sum of log z', exact. Onto the whole line.
/// </summary>
/// <remarks>
/// Parameters layer{i}.u [K x K] after the first layer (where one input has all the weight), layer{i}.w [out x K], shared by all features. Cost: K^2 exponentials an element and layer. The inverse is found numerically, about ten times that.
/// Source: Huang, Krueger, Lacoste and Courville 2018, Neural autoregressive flows.
/// </remarks>
public sealed class DenseSigmoidTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double LeastSlope = DeepSigmoidTransformer<T>.LeastSlope;

    private readonly int _layers;
    private readonly int _units;
    private readonly double _delta;
    private readonly Layer[] _shared;

    /// <summary>Makes the transformer.</summary>
    /// <param name="layers">1 to 100.</param>
    /// <param name="units">K, 1 to 1000.</param>
    /// <param name="delta">Its source squeezes every mixture into [delta/2, 1 - delta/2]; then the range is bounded. 0 for the whole line.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public DenseSigmoidTransformer(int layers = 2, int units = 8, double delta = 0)
    {
        if (layers is < 1 or > 100) throw new ArgumentException($"layers is {layers}; it must lie in 1 .. 100.");
        SigmoidMixture.CheckUnits(units);
        SigmoidMixture.Check(delta);
        _layers = layers;
        _units = units;
        _delta = delta;
        _shared = new Layer[layers];
        Array.Fill(_shared, new Layer(Var.None, Var.None, Var.None, Var.None));
    }

    /// <inheritdoc/>
    public string Kind => "ddsf";

    /// <inheritdoc/>
    public int ParametersPerFeature => (3 * _units * _layers) + (_units * (_layers - 1));

    /// <summary>From a recipe entry: layers (2), units (8), delta (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static DenseSigmoidTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("ddsf", config);
        int layers = reader.Integer("layers", 1, 2), units = reader.Integer("units", 1, 8);
        double delta = reader.Number("delta", 0);
        return reader.Make(() => new DenseSigmoidTransformer<T>(layers, units, delta));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _shared[0].W);
        for (int i = 0; i < _layers; i++)
        {
            int outputs = Outputs(i);
            string layer = $"{scope}.layer{i}";
            _shared[i] = new Layer(
                i == 0 ? Var.None : store.AddParameter(layer + ".u", _units, _units, Small(_units * _units, SeedMix.Of(seed, (ulong)(2 * i)))),
                store.AddParameter(layer + ".w", outputs, _units, Small(outputs * _units, SeedMix.Of(seed, (ulong)((2 * i) + 1)))),
                i == 0 ? Var.None : store.AddBuffer(layer + ".tile_in", 1, _units * _units, Tile(_units, _units)),
                store.AddBuffer(layer + ".tile_out", 1, outputs * _units, Tile(_units, outputs)));
        }
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        raw.Clear();
        // Slope 1 each, a little apart: equal units would stay equal.
        int start = 0;
        for (int i = 0; i < _layers; i++)
        {
            for (int k = 0; k < _units && _units > 1; k++) raw[start + _units + k] = (2.0 * k / (_units - 1)) - 1;
            start += RawOf(i);
        }
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
        json.WriteNumber("layers", _layers);
        json.WriteNumber("units", _units);
        json.WriteNumber("delta", _delta);
    }

    private static double[] Small(int count, ulong key)
    {
        var values = new double[count];
        RandomFill.Gaussian<double>(key, 0, 0, values);
        for (int i = 0; i < count; i++) values[i] *= 0.1;
        return values;
    }

    // 0 .. width - 1, times over.
    private static double[] Tile(int width, int times)
    {
        var index = new double[width * times];
        for (int i = 0; i < index.Length; i++) index[i] = i % width;
        return index;
    }

    private int RawOf(int layer) => (layer == 0 ? 3 : 4) * _units;

    private int Outputs(int layer) => layer == _layers - 1 ? 1 : _units;

    private Map Prepare(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        BijectorGuard.Attached(Kind, _shared[0].W);
        return new Map(this, RawParameters.PerElement(tape, x, raw));
    }

    // Both vectors hold one entry a unit: h [elements x in] and log dh/dx beside it.
    private (Var H, Var LogSlope) Record(Tape<T> tape, int i, Var raw, int start, Var h, Var logSlope)
    {
        Layer shared = _shared[i];
        int elements = raw.Rows, outputs = Outputs(i), k = _units;
        Var a = tape.AddConstant(tape.Softplus(tape.AddConstant(tape.SliceColumns(raw, start, k), Math.Log(Math.Exp(1 - LeastSlope) - 1))), LeastSlope);
        Var b = tape.SliceColumns(raw, start + k, k), w = tape.SliceColumns(raw, start + (2 * k), k);
        if (i > 0)
        {
            Var logU = SigmoidMixture.LogSoftmax(tape, Spread(tape, tape.SliceColumns(raw, start + (3 * k), k), shared.TileIn, shared.U).Reshape(elements * k, k));
            Var tiledH = tape.GatherColumns(h, shared.TileIn).Reshape(elements * k, k), tiledSlope = tape.GatherColumns(logSlope, shared.TileIn).Reshape(elements * k, k);
            h = tape.SumColumns(tape.Multiply(tape.Exp(logU), tiledH)).Reshape(elements, k);
            logSlope = tape.RowLogSumExp(tape.Add(logU, tiledSlope)).Reshape(elements, k);
        }
        Var pre = tape.Add(tape.Multiply(a, h), b), logPreSlope = tape.Add(tape.Log(a), logSlope);

        Var logW = SigmoidMixture.LogSoftmax(tape, Spread(tape, w, shared.TileOut, shared.W).Reshape(elements * outputs, k));
        (Var z, Var logZ) = SigmoidMixture.Record(
            tape, tape.GatherColumns(pre, shared.TileOut).Reshape(elements * outputs, k), logW, tape.GatherColumns(logPreSlope, shared.TileOut).Reshape(elements * outputs, k), _delta);
        return (z.Reshape(elements, outputs), logZ.Reshape(elements, outputs));
    }

    private static Var Spread(Tape<T> tape, Var own, Var tile, Var shared) => tape.Add(tape.GatherColumns(own, tile), shared.Reshape(1, shared.Length));

    private readonly record struct Layer(Var U, Var W, Var TileIn, Var TileOut);

    private readonly record struct Map(DenseSigmoidTransformer<T> Owner, Var Raw) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            Var h = x.Reshape(x.Length, 1), logSlope = tape.Constant(0, x.Length);
            for (int i = 0, start = 0; i < Owner._layers; start += Owner.RawOf(i++))
                (h, logSlope) = Owner.Record(tape, i, Raw, start, h, logSlope);
            return (h.Reshape(x.Rows, x.Cols), logSlope.Reshape(x.Rows, x.Cols));
        }
    }
}
