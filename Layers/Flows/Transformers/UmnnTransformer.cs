using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Unconstrained monotone network: z = c + integral from 0 to x of g(t, e) dt, g a positive network that all features share, by quadrature with a fixed number of nodes.
/// Raw parameters of a feature: its embedding e, then c.
/// </summary>
/// <remarks>
/// The derivative is defined as the integrand at x, in the log-determinant and in gradients alike (Leibniz); it differs from that of the sum by the error of the quadrature,
/// which is small for a smooth network and |x| of a few units. Parameter gradients are the quadrature of the integrand's. Cost: nodes + 1 passes of the network an element;
/// about ten times that for the inverse. Parameters net.{i}.weight, net.{i}.bias. Source: Wehenkel and Louppe 2019, Unconstrained monotonic neural networks.
/// </remarks>
public sealed class UmnnTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double LargestLog = 7;

    private readonly SharedNet<T> _net;
    private readonly UmnnSettings _settings;
    private readonly double[] _nodes;
    private readonly double[] _weights;
    private Var _nodeRow = Var.None;
    private Var _weightColumn = Var.None;
    private Var _tile = Var.None;

    /// <summary>Makes the transformer.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public UmnnTransformer(UmnnSettings settings)
    {
        settings.Check();
        _settings = settings;
        _net = new SharedNet<T>("umnn", settings.Embedding, settings.Hidden, 1);
        (_nodes, _weights) = Quadrature.Make(settings.Rule, settings.Nodes);
    }

    /// <inheritdoc/>
    public string Kind => "umnn";

    /// <inheritdoc/>
    public int ParametersPerFeature => _settings.Embedding + 1;

    /// <summary>From a recipe entry, see <see cref="UmnnSettings"/>: embedding (8), hidden ([32, 32]), activation (elu), integrand (exp), quadrature (gauss-legendre), nodes (32), least_slope (0.001).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static UmnnTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("umnn", config);
        UmnnSettings settings = UmnnSettings.Read(reader);
        return reader.Make(() => new UmnnTransformer<T>(settings));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _net.Attach(store, scope, seed, last: 0.1);
        _nodeRow = store.AddBuffer($"{scope}.nodes", 1, _nodes.Length, _nodes);
        _weightColumn = store.AddBuffer($"{scope}.weights", _weights.Length, 1, _weights);
        int width = _settings.Hidden[0];
        var tile = new double[_nodes.Length * width];
        for (int i = 0; i < tile.Length; i++) tile[i] = i % width;
        _tile = store.AddBuffer($"{scope}.tile", 1, tile.Length, tile);
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
    public void WriteConfig(Utf8JsonWriter json) => _settings.Write(json);

    // What does not depend on x: the embedding's share of the first layer, and the constant.
    private Map Prepare(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        _net.RequireAttached();
        Var all = RawParameters.PerElement(tape, x, raw);
        int e = _settings.Embedding;
        Var share = tape.Add(tape.MatMul(tape.SliceColumns(all, 0, e), tape.SliceColumns(_net.Weights[0], 1, e), transposeB: true), _net.Biases[0]);
        return new Map(this, share, tape.SliceColumns(_net.Weights[0], 0, 1), tape.SliceColumns(all, e, 1));
    }

    // o [n x 1] for the numbers t [n x 1] and the share of their embeddings [n x width].
    private Var Output(Tape<T> tape, Var t, Var firstColumn, Var share)
    {
        Var h = tape.Add(tape.MatMul(t, firstColumn, transposeB: true), share);
        for (int i = 1; i < _net.Weights.Length; i++)
            h = tape.Add(tape.MatMul(tape.Activate(_settings.Activation, h), _net.Weights[i], transposeB: true), _net.Biases[i]);
        return h;
    }

    private Var Squeeze(Tape<T> tape, Var o) => tape.Divide(o, tape.AddConstant(tape.Scale(tape.Abs(o), 1 / LargestLog), 1));

    private Var Positive(Tape<T> tape, Var o)
        => tape.AddConstant(_settings.Integrand == Integrand.Exp ? tape.Exp(Squeeze(tape, o)) : tape.Elu(o), _settings.LeastSlope + (_settings.Integrand == Integrand.Exp ? 0 : 1));

    // log of the above, exact where elu(o) + 1 would round to 0: o below 0, log(1 + o) above.
    private Var LogPositive(Tape<T> tape, Var o)
    {
        Var log = _settings.Integrand == Integrand.Exp ? Squeeze(tape, o) : tape.Subtract(tape.Log1p(tape.Relu(o)), tape.Relu(tape.Negate(o)));
        if (_settings.LeastSlope == 0) return log;
        double least = Math.Log(_settings.LeastSlope);
        return tape.AddConstant(tape.Softplus(tape.AddConstant(log, -least)), least);
    }

    private readonly record struct Map(UmnnTransformer<T> Owner, Var Share, Var FirstColumn, Var Constant) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            int n = Owner._nodes.Length;
            Var column = x.Reshape(x.Length, 1), fixedX = column.Detach();
            Var t = tape.MatMul(fixedX, Owner._nodeRow).Reshape(x.Length * n, 1);
            Var shares = tape.GatherColumns(Share, Owner._tile).Reshape(x.Length * n, Share.Cols);
            Var g = Owner.Positive(tape, Owner.Output(tape, t, FirstColumn, shares)).Reshape(x.Length, n);
            Var integral = tape.Multiply(tape.MatMul(g, Owner._weightColumn), fixedX);
            Var logSlope = Owner.LogPositive(tape, Owner.Output(tape, column, FirstColumn, Share));
            // The nodes do not move with x; its derivative is the integrand there.
            Var byX = tape.Multiply(tape.Subtract(column, fixedX), tape.Exp(logSlope.Detach()));
            return (tape.Add(tape.Add(integral, Constant), byX).Reshape(x.Rows, x.Cols), logSlope.Reshape(x.Rows, x.Cols));
        }
    }
}
