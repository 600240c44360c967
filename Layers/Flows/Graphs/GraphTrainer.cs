using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Trains a <see cref="GraphAutoencoder{T}"/> for link prediction, all edges at once: loss = -mean log p(edges) - mean log(1 - p(negatives)) + beta mean KL / nodes, with
/// as many negatives as edges, drawn anew every epoch among the pairs that are no training edges (held-out edges included: they are not known). Adam.
/// </summary>
/// <remarks>
/// Epoch k draws by (seed, k): the same options give the same bits for any number of threads, and after a resume from a <see cref="Checkpoint"/>. The best model is chosen by
/// the mean of AUC and AP on the validation edges alone. After the first epoch a step allocates nothing.
/// </remarks>
public sealed class GraphTrainer<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Tape<T> _tape;
    private readonly IOptimizer<T> _optimizer;
    private readonly T[] _u, _v, _negativeU, _negativeV;
    private readonly T[] _mask;
    private readonly TrainerState<T> _state;
    private readonly GraphEdge[] _validation, _validationNegatives;

    /// <summary>Creates a trainer for a model that has none yet.</summary>
    /// <param name="model">Made with the training graph of <paramref name="split"/>.</param>
    /// <param name="split">Edges to train with and to look at.</param>
    /// <param name="options">How.</param>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    /// <exception cref="ArgumentException">The model sees another graph.</exception>
    public GraphTrainer(GraphAutoencoder<T> model, LinkSplit split, GraphTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(options);
        if (!ReferenceEquals(model.Graph, split.Train)) throw new ArgumentException("GraphTrainer: the model must be made with the training graph of the split, and see no other.");
        Model = model;
        Split = split;
        Options = options.Checked();
        ParameterStore<T> store = model.Store;
        _optimizer = new Adam<T>();
        _optimizer.Attach(store);
        _optimizer.Prepare(store);
        _state = new TrainerState<T>(store);
        _tape = new Tape<T>(model.Backend, store);
        int count = split.Train.Edges.Length;
        (_u, _v, _negativeU, _negativeV) = (new T[count], new T[count], new T[count], new T[count]);
        for (int i = 0; i < count; i++) (_u[i], _v[i]) = (T.CreateTruncating(split.Train.Edges[i].U), T.CreateTruncating(split.Train.Edges[i].V));
        _mask = new T[options.Dropout > 0 ? model.Graph.Nodes * model.Options.Hidden : 0];
        (_validation, _validationNegatives) = ([.. split.Validation], [.. split.ValidationNegatives]);
    }

    /// <summary>The model as it stands.</summary>
    public GraphAutoencoder<T> Model { get; }

    /// <summary>What it trains with.</summary>
    public LinkSplit Split { get; }

    /// <summary>How it trains.</summary>
    public GraphTrainerOptions Options { get; }

    /// <summary>Where training stands; what it knows as the best value is the mean of AUC and AP on the validation edges.</summary>
    public TrainerState<T> State => _state;

    /// <summary>The tape as the last epoch left it.</summary>
    public Tape<T> Tape => _tape;

    /// <summary>One epoch: one step on all edges.</summary>
    /// <exception cref="NonFiniteException">The loss is not finite; parameters are as before.</exception>
    public GraphEpoch Step()
    {
        ParameterStore<T> store = Model.Store;
        long epoch = _state.Epoch;
        DrawNegatives(epoch);
        _tape.Reset();
        RecordedGraph graph = Options.EdgeDropout > 0 ? Model.Operand.RecordThinned(_tape, Options.EdgeDropout, SeedMix.Of(Options.Seed, 13), (ulong)epoch) : Model.Operand.Record(_tape);
        (Var mean, Var scale) = Model.RecordEncoder(_tape, graph, DrawMask(epoch));
        LatentDraw draw = Model.Posterior.Record(_tape, mean, scale, SeedMix.Of(Options.Seed, 10), (ulong)epoch);
        Var places = Model.RecordPlaces(_tape, draw.Latent);
        Var edges = _tape.LogSigmoid(Model.RecordLogOdds(_tape, places, Input(_u), Input(_v)));
        Var others = _tape.LogSigmoid(_tape.Negate(Model.RecordLogOdds(_tape, places, Input(_negativeU), Input(_negativeV))));
        Var edgeLoss = _tape.Sum(edges, -1.0 / _u.Length), otherLoss = _tape.Sum(others, -1.0 / _u.Length);
        Var divergence = _tape.Mean(draw.Divergence(_tape));
        Var loss = _tape.Add(_tape.Add(edgeLoss, otherLoss), _tape.Scale(divergence, Options.Beta / Model.Graph.Nodes));
        double value = Number(loss);
        if (!double.IsFinite(value)) throw new NonFiniteException($"Epoch {epoch + 1}: the loss is {value}; first bad value in {_tape.FindNonFinite()?.TrimEnd('.') ?? "the loss itself"}. Lower the learning rate.");
        var report = new GraphEpoch(epoch + 1, value, Number(edgeLoss), Number(otherLoss), Number(divergence));
        _tape.Backward(loss);
        _optimizer.Step(store, Options.LearningRate);
        _state.Step++;
        _state.EndEpoch();
        return report;
    }

    /// <summary>Trains until so many epochs are done, or until cancelled, with a look at the validation edges every <see cref="GraphTrainerOptions.EvaluateEvery"/> and after the last; the model ends as it was at its best look.</summary>
    /// <exception cref="NonFiniteException">Training diverged.</exception>
    public void Fit(long epochs, Action<GraphEpoch>? onEpoch = null, CancellationToken cancel = default)
    {
        while (_state.Epoch < epochs && !cancel.IsCancellationRequested)
        {
            GraphEpoch epoch = Step();
            if (epoch.Epoch % Options.EvaluateEvery == 0 || epoch.Epoch == epochs) Validate(out _);
            onEpoch?.Invoke(epoch);
        }

        _state.RestoreBest();
    }

    /// <summary>Measures the validation edges and keeps the model if it is the best so far by the mean of AUC and AP; of equal ones the first stays.</summary>
    public LinkMetrics Validate(out bool isBest)
    {
        LinkMetrics metrics = LinkMetrics.Of(Model.Scores(_validation), Model.Scores(_validationNegatives));
        isBest = _state.Offer((metrics.Auc + metrics.AveragePrecision) / 2);
        return metrics;
    }

    /// <summary>Measures the test edges with the model as it stands.</summary>
    public LinkMetrics Test() => LinkMetrics.Of(Model.Scores([.. Split.Test]), Model.Scores([.. Split.TestNegatives]));

    /// <summary>Gives memory back; the model stays.</summary>
    public void Dispose()
    {
        _tape.Dispose();
        _state.Dispose();
    }

    private Var Input(T[] nodes) => _tape.Input(nodes, 1, nodes.Length);

    private double Number(Var v) => double.CreateTruncating(_tape.Scalar(v));

    private void DrawNegatives(long epoch)
    {
        Graph graph = Model.Graph;
        PhiloxSequence random = new(SeedMix.Of(Options.Seed, 11), (ulong)epoch);
        for (int i = 0; i < _negativeU.Length;)
        {
            int u = (int)random.NextBelow((uint)graph.Nodes), v = (int)random.NextBelow((uint)graph.Nodes);
            if (u == v || graph.HasEdge(u, v)) continue;
            (_negativeU[i], _negativeV[i]) = (T.CreateTruncating(u), T.CreateTruncating(v));
            i++;
        }
    }

    private Var DrawMask(long epoch)
    {
        if (_mask.Length == 0) return Var.None;
        RandomFill.Uniform(SeedMix.Of(Options.Seed, 12), (ulong)epoch, 0, (Span<T>)_mask);
        T threshold = T.CreateTruncating(Options.Dropout), kept = T.CreateTruncating(1 / (1 - Options.Dropout));
        for (int i = 0; i < _mask.Length; i++) _mask[i] = _mask[i] < threshold ? T.Zero : kept;
        return _tape.Input(_mask, Model.Graph.Nodes, Model.Options.Hidden);
    }
}
