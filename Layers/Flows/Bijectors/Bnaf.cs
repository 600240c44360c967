using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Block neural autoregressive flow: one network whose weight matrices are block triangular with positive blocks on the diagonal, so that output j increases in x_j and sees x_1 .. x_j only.
/// log|det| = sum of log dz_j/dx_j, carried through the diagonal blocks in logarithms, exact.
/// </summary>
/// <remarks>
/// W = exp(weight) on the diagonal blocks, weight below, 0 above; every row scaled to length exp(log_row_norm); tanh between. Parameters layer{i}.weight [out x in],
/// layer{i}.log_row_norm [out x 1], layer{i}.bias [1 x out], gate [1 x 1]. Cost: 2 batch in out flops and batch D h^2 exponentials a layer forward; the inverse is found feature by feature,
/// about 10 D times that. Source: De Cao, Titov and Aziz 2019, Block neural autoregressive flow.
/// </remarks>
public sealed class Bnaf<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _width;
    private readonly BnafResidual _residual;
    private readonly Layer[] _layers;
    private Var _gate = Var.None;
    private Var _columns = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="hiddenPerFeature">Hidden units a feature h.</param>
    /// <param name="layers">Weight matrices, at least 2.</param>
    /// <param name="residual">How the network joins its input.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Bnaf(int dimension, int hiddenPerFeature = 8, int layers = 3, BnafResidual residual = BnafResidual.Gated)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("hidden_per_dim", hiddenPerFeature);
        if (layers < 2) throw new ArgumentException($"layers is {layers}; it must be at least 2.");
        Dimension = dimension;
        _width = hiddenPerFeature;
        _residual = residual;
        _layers = new Layer[layers];
    }

    /// <inheritdoc/>
    public string Kind => "bnaf";

    /// <inheritdoc/>
    public int Dimension { get; }

    private static string[] Residuals => ["gated", "normal", "none"];

    /// <summary>From a recipe entry: dimension, hidden_per_dim (8), layers (3), residual (gated, normal, none).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Bnaf<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("bnaf", config);
        int dimension = reader.Integer("dimension", 1), width = reader.Integer("hidden_per_dim", 1, 8), layers = reader.Integer("layers", 2, 3);
        var residual = (BnafResidual)Array.IndexOf(Residuals, reader.Choice("residual", Residuals[0], Residuals));
        return reader.Make(() => new Bnaf<T>(dimension, width, layers, residual));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _columns);
        for (int i = 0; i < _layers.Length; i++)
        {
            int into = i == 0 ? 1 : _width, outOf = i == _layers.Length - 1 ? 1 : _width, inputs = Dimension * into, outputs = Dimension * outOf;
            double[] weight = new double[outputs * inputs], diagonal = new double[weight.Length], lower = new double[weight.Length];
            RandomFill.Gaussian<double>(SeedMix.Of(seed, (ulong)i), 0, 0, weight);
            for (int o = 0; o < outputs; o++)
                for (int k = 0; k < inputs; k++)
                {
                    int at = (o * inputs) + k;
                    weight[at] *= 1 / Math.Sqrt(inputs);
                    diagonal[at] = o / outOf == k / into ? 1 : 0;
                    lower[at] = o / outOf > k / into ? 1 : 0;
                }
            double[] blocks = new double[Dimension * outOf * into], tile = new double[blocks.Length];
            for (int e = 0; e < blocks.Length; e++)
            {
                int o = e / into, k = (o / outOf * into) + (e % into);
                blocks[e] = (o * inputs) + k;
                tile[e] = k;
            }
            string layer = $"{scope}.layer{i}";
            _layers[i] = new Layer(
                store.AddParameter(layer + ".weight", outputs, inputs, weight), store.AddParameter(layer + ".log_row_norm", outputs, 1, decay: false),
                store.AddParameter(layer + ".bias", 1, outputs, decay: false), store.AddBuffer(layer + ".mask_diag", outputs, inputs, diagonal), store.AddBuffer(layer + ".mask_lower", outputs, inputs, lower),
                store.AddBuffer(layer + ".blocks", 1, blocks.Length, blocks), store.AddBuffer(layer + ".tile", 1, tile.Length, tile));
        }
        if (_residual == BnafResidual.Gated) _gate = store.AddParameter($"{scope}.gate", 1, 1, decay: false);
        var columns = new double[Dimension];
        for (int j = 0; j < Dimension; j++) columns[j] = j;
        _columns = store.AddBuffer($"{scope}.columns", 1, Dimension, columns);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        Check(x);
        (Var z, Var logSlope) = Record(tape, x);
        return FlowStep.Exact(z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        Check(z);
        // Unknown features stay 0 until their turn; no known one depends on them.
        Var known = tape.Constant(0, z.Rows, Dimension), logDet = tape.Constant(0, z.Rows);
        for (int j = 0; j < Dimension; j++)
        {
            TapeMark mark = tape.Mark();
            (Var x, Var logSlope) = RootInverse.Record(tape, Kind, tape.SliceColumns(z, j, 1), new FeatureMap(this, known, j));
            Var next = Insert(tape, known, x, j), sum = tape.Subtract(logDet, logSlope);
            if (tape.RecordsGradients)
            {
                (known, logDet) = (next, sum);
                continue;
            }
            // Where no derivative will be asked for, memory is that of one feature.
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(next), tape.ValueOf(known));
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(sum), tape.ValueOf(logDet));
            tape.Release(mark);
        }
        return FlowStep.Exact(known, logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("hidden_per_dim", _width);
        json.WriteNumber("layers", _layers.Length);
        json.WriteString("residual", Residuals[(int)_residual]);
    }

    private void Check(Var x)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _columns);
    }

    private Var Insert(Tape<T> tape, Var known, Var column, int feature) => tape.Add(known, tape.ScatterAddColumns(column, _columns.Element(feature), Dimension));

    // z and log dz_j/dx_j, both [batch x D].
    private (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
    {
        (Var f, Var log) = Network(tape, x);
        if (_residual == BnafResidual.None) return (f, log);
        if (_residual == BnafResidual.Normal) return (tape.Add(x, f), tape.Softplus(log));
        // log(s e^l + 1 - s) = log(1 - s) + softplus(l + gate).
        return (tape.Add(x, tape.Multiply(tape.Subtract(f, x), tape.Sigmoid(_gate))), tape.Add(tape.Softplus(tape.Add(log, _gate)), tape.LogSigmoid(tape.Negate(_gate))));
    }

    private (Var F, Var LogSlope) Network(Tape<T> tape, Var x)
    {
        Var h = x, log = Var.None;
        for (int i = 0; i < _layers.Length; i++)
        {
            Layer layer = _layers[i];
            if (i > 0)
            {
                // log(1 - tanh(v)^2) = log 4 + log s(2v) + log s(-2v).
                Var twice = tape.Scale(h, 2);
                log = tape.Add(tape.AddConstant(tape.Add(tape.LogSigmoid(twice), tape.LogSigmoid(tape.Negate(twice))), 2 * Math.Log(2)), log);
                h = tape.Tanh(h);
            }
            Var weight = tape.Add(tape.Multiply(tape.Exp(layer.Weight), layer.MaskDiagonal), tape.Multiply(layer.Weight, layer.MaskLower));
            Var logScale = tape.Subtract(layer.LogRowNorm, tape.Scale(tape.Log(tape.SumColumns(tape.Square(weight))), 0.5));
            h = tape.Add(tape.MatMul(h, tape.Multiply(weight, tape.Exp(logScale)), transposeB: true), layer.Bias);
            Var logBlocks = tape.GatherColumns(tape.Add(layer.Weight, logScale).Reshape(1, layer.Weight.Length), layer.Blocks);
            log = i == 0 ? logBlocks : Product(tape, log, logBlocks, layer);
        }
        return (h, log);
    }

    // log of (positive block times positive vector), feature by feature: [batch x D in] to [batch x D out].
    private static Var Product(Tape<T> tape, Var log, Var logBlocks, in Layer layer)
    {
        int outputs = layer.Weight.Rows, into = layer.Blocks.Length / outputs;
        Var terms = tape.Add(tape.GatherColumns(log, layer.Tile), logBlocks);
        return tape.RowLogSumExp(terms.Reshape(log.Rows * outputs, into)).Reshape(log.Rows, outputs);
    }

    private readonly record struct Layer(Var Weight, Var LogRowNorm, Var Bias, Var MaskDiagonal, Var MaskLower, Var Blocks, Var Tile);

    private readonly record struct FeatureMap(Bnaf<T> Owner, Var Known, int Feature) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            (Var z, Var logSlope) = Owner.Record(tape, Owner.Insert(tape, Known, x, Feature));
            return (tape.SliceColumns(z, Feature, 1), tape.SliceColumns(logSlope, Feature, 1));
        }
    }
}
