using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// A variational graph autoencoder: two layers of graph convolution give every node a mean and a raw scale, a <see cref="LatentPosterior{T}"/> (normal, wrapped normal,
/// with or without a flow) draws its latent point, and a decoder says how likely two nodes are joined. The graph it is made with is all that it sees.
/// </summary>
/// <remarks>Sources: Kipf and Welling, "Variational Graph Auto-Encoders" (2016); Bose et al. 2020. Cost of a recording: two sparse products, the flow on [nodes x n], and the pairs.</remarks>
public sealed class GraphAutoencoder<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    // Where Fermi-Dirac starts: b as in HGCN, tau = 1.
    private const double StartBias = 2;

    private readonly GraphConvolution<T> _first;
    private readonly GraphConvolution<T> _mean;
    private readonly GraphConvolution<T> _scale;
    private readonly T[]? _features;
    private readonly Var _bias = Var.None;
    private readonly Var _logTemperature = Var.None;
    private readonly bool _ownsBackend;

    /// <summary>Makes an untrained model.</summary>
    /// <param name="options">Its recipe.</param>
    /// <param name="graph">The edges that it may see.</param>
    /// <param name="features">One row a node; null for identity features.</param>
    /// <param name="backend">Where it lives; null makes a <see cref="SimdBackend{T}"/> with one thread per processor, which the model then owns.</param>
    /// <exception cref="BadInputException">An option is out of range, or there is not one row of features a node.</exception>
    public GraphAutoencoder(GraphAutoencoderOptions options, Graph graph, Table? features = null, IBackend<T>? backend = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(graph);
        if (features is not null && features.Rows != graph.Nodes) throw new BadInputException($"{features.Name}: {features.Rows} rows of features for {graph.Nodes} nodes; give one row a node.");
        Options = options;
        Graph = graph;
        int inputs = features?.Columns ?? graph.Nodes;
        Posterior = LatentModels.CreatePosterior<T>(options.Posterior(inputs));
        _ownsBackend = backend is null;
        Backend = backend ?? new SimdBackend<T>(Environment.ProcessorCount);
        Store = new ParameterStore<T>(Backend);
        Operand = new GraphOperand<T>(new NormalizedAdjacency(graph, options.Normalization));
        _first = new GraphConvolution<T>(inputs, options.Hidden);
        _mean = new GraphConvolution<T>(options.Hidden, options.Latent);
        _scale = new GraphConvolution<T>(options.Hidden, options.Latent);
        _first.Attach(Store, "encoder.0", SeedMix.Of(options.Seed, 0));
        _mean.Attach(Store, "encoder.mean", SeedMix.Of(options.Seed, 1));
        _scale.Attach(Store, "encoder.scale", SeedMix.Of(options.Seed, 2));
        Posterior.Attach(Store, "posterior", SeedMix.Of(options.Seed, 3));
        if (options.Decoder == GraphDecoder.Distance)
        {
            _bias = Store.AddParameter("decoder.bias", 1, 1, [StartBias], decay: false);
            _logTemperature = Store.AddParameter("decoder.log_temperature", 1, 1, decay: false);
        }

        Store.Build();
        if (features is not null)
        {
            _features = new T[features.Rows * features.Columns];
            var row = new double[features.Columns];
            for (int i = 0; i < features.Rows; i++)
            {
                features.CopyRow(i, row);
                for (int j = 0; j < row.Length; j++) _features[(i * row.Length) + j] = T.CreateTruncating(row[j]);
            }
        }
    }

    /// <summary>Its recipe.</summary>
    public GraphAutoencoderOptions Options { get; }

    /// <summary>The edges that it sees.</summary>
    public Graph Graph { get; }

    /// <summary>The graph as the encoder multiplies by it.</summary>
    public GraphOperand<T> Operand { get; }

    /// <summary>Columns of features; of identity features the number of nodes.</summary>
    public int Inputs => _first.Inputs;

    /// <summary>Law of the latent.</summary>
    public LatentPosterior<T> Posterior { get; }

    /// <summary>Where it lives.</summary>
    public IBackend<T> Backend { get; }

    /// <summary>Its parameters.</summary>
    public ParameterStore<T> Store { get; }

    /// <summary>Records mean and raw scale of every node, [nodes x n] each.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="graph">The graph, from <see cref="Operand"/>.</param>
    /// <param name="mask">What the hidden layer is multiplied by, [nodes x hidden], for dropout; <see cref="Var.None"/> for nothing.</param>
    public (Var Mean, Var RawScale) RecordEncoder(Tape<T> tape, RecordedGraph graph, Var mask)
    {
        tape.Scope = "encoder.";
        Var x = _features is null ? Var.None : tape.Input(_features, Graph.Nodes, _first.Inputs);
        Var hidden = tape.Relu(_first.Record(tape, graph, x));
        if (!mask.IsNone) hidden = tape.Multiply(hidden, mask);
        return (_mean.Record(tape, graph, hidden), _scale.Record(tape, graph, hidden));
    }

    /// <summary>Records what a decoder reads of the latent [nodes x n]: tangent coordinates, or spatial ones for a hyperbolic distance.</summary>
    public Var RecordPlaces(Tape<T> tape, Var latent)
        => Options.Decoder == GraphDecoder.Distance && Posterior.Space is { } space ? space.Exp0(tape, latent) : latent;

    /// <summary>Records log-odds of an edge [pairs x 1].</summary>
    /// <param name="tape">Where.</param>
    /// <param name="places">Of all nodes, from <see cref="RecordPlaces"/>.</param>
    /// <param name="u">First nodes of the pairs, a constant list.</param>
    /// <param name="v">Second nodes.</param>
    public Var RecordLogOdds(Tape<T> tape, Var places, Var u, Var v)
    {
        tape.Scope = "decoder.";
        Var a = tape.GatherRows(places, u), b = tape.GatherRows(places, v);
        if (Options.Decoder == GraphDecoder.Inner) return tape.SumColumns(tape.Multiply(a, b));
        Var distance = Posterior.Space is { } space ? space.Distance(tape, a, b) : tape.RowNorm(tape.Subtract(a, b));
        return tape.Multiply(tape.Add(tape.Negate(distance), _bias), tape.Exp(tape.Negate(_logTemperature)));
    }

    /// <summary>Posterior means of all nodes, carried through the flow: tangent coordinates [nodes x n]. The same every time.</summary>
    public T[] Latent()
    {
        using var tape = new Tape<T>(Backend, Store) { RecordsGradients = false };
        var latent = new T[Graph.Nodes * Options.Latent];
        tape.Read(RecordMeanLatent(tape), latent);
        return latent;
    }

    /// <summary>Log-odds of pairs being edges, at the posterior means.</summary>
    public double[] Scores(ReadOnlySpan<GraphEdge> pairs)
    {
        using var tape = new Tape<T>(Backend, Store) { RecordsGradients = false };
        Var places = RecordPlaces(tape, RecordMeanLatent(tape));
        T[] u = new T[pairs.Length], v = new T[pairs.Length], read = new T[pairs.Length];
        for (int i = 0; i < pairs.Length; i++) (u[i], v[i]) = (T.CreateTruncating(pairs[i].U), T.CreateTruncating(pairs[i].V));
        tape.Read(RecordLogOdds(tape, places, tape.Input(u, 1, u.Length), tape.Input(v, 1, v.Length)), read);
        var scores = new double[read.Length];
        for (int i = 0; i < scores.Length; i++) scores[i] = double.CreateTruncating(read[i]);
        return scores;
    }

    /// <summary>Gives memory back.</summary>
    public void Dispose()
    {
        Store.Dispose();
        if (_ownsBackend && Backend is IDisposable backend) backend.Dispose();
    }

    // The draw of zero noise: for a flow and for the wrapped normal the image of the mean.
    private Var RecordMeanLatent(Tape<T> tape)
    {
        (Var mean, Var scale) = RecordEncoder(tape, Operand.Record(tape), Var.None);
        return Posterior.Record(tape, mean, scale, tape.Constant(0, mean.Rows, mean.Cols), new StepContext()).Latent;
    }
}
