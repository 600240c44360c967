using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

[Collection(AloneCollection.Name)]
public sealed class GraphAutoencoderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<LatentModelKind, GraphDecoder> Models()
    {
        var all = new TheoryData<LatentModelKind, GraphDecoder>();
        foreach (LatentModelKind kind in Enum.GetValues<LatentModelKind>())
            foreach (GraphDecoder decoder in Enum.GetValues<GraphDecoder>()) all.Add(kind, decoder);
        return all;
    }

    private static GraphAutoencoderOptions Options(LatentModelKind kind, GraphDecoder decoder, int latent = 4)
        => new() { Kind = kind, Decoder = decoder, Latent = latent, Hidden = 8, FlowHidden = 8, Radius = 2, LearnRadius = true, Normalization = decoder == GraphDecoder.Inner ? AdjacencyNormalization.Symmetric : AdjacencyNormalization.Row, Seed = 3 };

    [Theory]
    [InlineData(AdjacencyNormalization.Symmetric)]
    [InlineData(AdjacencyNormalization.Row)]
    public void ConvolutionIsTheDenseProduct(AdjacencyNormalization normalization)
    {
        Graph graph = SmallGraphs.Random(9, 60, 2);
        var adjacency = new double[9, 9];
        for (int u = 0; u < 9; u++)
            for (int v = 0; v < 9; v++)
                if (u == v || graph.HasEdge(u, v)) adjacency[u, v] = normalization == AdjacencyNormalization.Row ? 1 / (graph.Degree(u) + 1.0) : 1 / Math.Sqrt((graph.Degree(u) + 1.0) * (graph.Degree(v) + 1.0));
        foreach (bool identity in new[] { false, true })
        {
            int inputs = identity ? 9 : 4;
            using var backend = new SimdBackend<double>(1);
            using var store = new ParameterStore<double>(backend);
            var layer = new GraphConvolution<double>(inputs, 3);
            layer.Attach(store, "g", 1);
            store.Build();
            store.Write(store.Find("g.bias"), [0.5, -1, 2]);
            double[] w = store.Read(store.Find("g.weight")), x = new double[9 * inputs];
            RandomFill.Gaussian<double>(4, 0, 0, x);
            if (identity)
                for (int i = 0; i < 81; i++) x[i] = i % 10 == 0 ? 1 : 0;
            using var tape = new Tape<double>(backend, store);
            Var y = layer.Record(tape, new GraphOperand<double>(new NormalizedAdjacency(graph, normalization)).Record(tape), identity ? Var.None : tape.Input(x, 9, inputs));
            var read = new double[27];
            tape.Read(y, read);
            double[] bias = [0.5, -1, 2];
            for (int u = 0; u < 9; u++)
                for (int c = 0; c < 3; c++)
                {
                    double sum = bias[c];
                    for (int v = 0; v < 9; v++)
                        for (int k = 0; k < inputs; k++) sum += adjacency[u, v] * x[(v * inputs) + k] * w[(k * 3) + c];
                    Assert.Equal(sum, read[(u * 3) + c], 12);
                }

            Assert.All(w, v => Assert.InRange(Math.Abs(v), 0, Math.Sqrt(6.0 / (inputs + 3))));
        }
    }

    [Theory]
    [InlineData(AdjacencyNormalization.Symmetric)]
    [InlineData(AdjacencyNormalization.Row)]
    public void ThinnedGraphsAreGraphsWithFewerEdges(AdjacencyNormalization normalization)
    {
        Graph graph = SmallGraphs.Random(40, 80, 3);
        var operand = new GraphOperand<double>(new NormalizedAdjacency(graph, normalization));
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Var identity = tape.Identity(40);
        double[] Product(GraphOperand<double> g, RecordedGraph r)
        {
            var dense = new double[1600];
            tape.Read(tape.SparseMatMul(r.Values, r.Columns, r.Starts, g.Nodes, identity), dense);
            return dense;
        }

        double[] thin = Product(operand, operand.RecordThinned(tape, 0.4, 7, 1));
        var kept = new List<GraphEdge>();
        foreach (GraphEdge e in graph.Edges)
            if (thin[(e.U * 40) + e.V] != 0) kept.Add(e);
        Assert.InRange(kept.Count, 0.5 * graph.Edges.Length, 0.7 * graph.Edges.Length);
        var other = new GraphOperand<double>(new NormalizedAdjacency(Graph.FromEdges(40, kept.ToArray()), normalization));
        Assert.Equal(Product(other, other.Record(tape)), thin);
        Assert.Equal(Product(operand, operand.Record(tape)), Product(operand, operand.RecordThinned(tape, 0, 7, 1)));
        Assert.NotEqual(thin, Product(operand, operand.RecordThinned(tape, 0.4, 7, 2)));
        if (normalization == AdjacencyNormalization.Row)
            for (int u = 0; u < 40; u++) Assert.Equal(1, thin.AsSpan(u * 40, 40).ToArray().Sum(), 12);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void GradientIsThatOfTheLoss(LatentModelKind kind, GraphDecoder decoder)
    {
        GraphData data = SpreadingTree.Generate(60, 4);
        LinkSplit split = LinkSplit.Of(data.Graph, 1);
        using var backend = new SimdBackend<double>(1);
        using var model = new GraphAutoencoder<double>(Options(kind, decoder), split.Train, data.Features, backend);
        using var trainer = new GraphTrainer<double>(model, split, new GraphTrainerOptions { Seed = 5, Dropout = 0.25, EdgeDropout = 0.25, Beta = 3 });
        trainer.Step();
        double[] point = new double[model.Store.Values.Length];
        backend.Read(model.Store.Values, point);
        trainer.Step();
        // The gradients are those at the point before the second step.
        var gradient = new double[point.Length];
        backend.Read(model.Store.Gradients, gradient);
        var direction = new double[point.Length];
        RandomFill.Gaussian<double>(9, 0, 0, direction);
        foreach (ParameterStore<double>.Entry e in model.Store.Parameters) Assert.Contains(model.Store.ReadGradient(e.Var), g => g != 0);
        const double H = 1e-6;
        double expected = 0;
        for (int i = 0; i < point.Length; i++) expected += gradient[i] * direction[i];
        double difference = (Loss(H) - Loss(-H)) / (2 * H);
        Assert.InRange(Math.Abs(difference - expected), 0, 2e-5 * (1 + Math.Abs(expected)));

        double Loss(double step)
        {
            using var again = new GraphAutoencoder<double>(Options(kind, decoder), split.Train, data.Features, backend);
            using var other = new GraphTrainer<double>(again, split, new GraphTrainerOptions { Seed = 5, Dropout = 0.25, EdgeDropout = 0.25, Beta = 3 });
            other.Step();
            var moved = new double[point.Length];
            for (int i = 0; i < moved.Length; i++) moved[i] = point[i] + (step * direction[i]);
            backend.Write(moved, again.Store.Values);
            return other.Step().Loss;
        }
    }

    [Theory]
    [InlineData(LatentModelKind.Vae)]
    [InlineData(LatentModelKind.Hvae)]
    public void CloserIsLikelier(LatentModelKind kind)
    {
        Graph graph = SmallGraphs.Path(30);
        using var backend = new SimdBackend<double>(1);
        using var model = new GraphAutoencoder<double>(Options(kind, GraphDecoder.Distance, 1), graph, null, backend);
        using var tape = new Tape<double>(backend, model.Store) { RecordsGradients = false };
        Var places = model.RecordPlaces(tape, tape.Input([0.0, 0.5, 3, -4], 4, 1));
        var odds = new double[3];
        tape.Read(model.RecordLogOdds(tape, places, tape.Input([0.0, 0, 0], 1, 3), tape.Input([1.0, 2, 3], 1, 3)), odds);
        // b = 2 and tau = 1 at the start; along a line through the origin the distance is the difference of tangent coordinates.
        Assert.Equal(1.5, odds[0], 12);
        Assert.Equal(-1, odds[1], 12);
        Assert.Equal(-2, odds[2], 12);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void LearnsToFindEdges(LatentModelKind kind, GraphDecoder decoder)
    {
        GraphData data = SpreadingTree.Generate(600, 1);
        LinkSplit split = LinkSplit.Of(data.Graph, 2);
        using var backend = new SimdBackend<double>(1);
        using var model = new GraphAutoencoder<double>(Options(kind, decoder), split.Train, data.Features, backend);
        using var trainer = new GraphTrainer<double>(model, split, new GraphTrainerOptions { LearningRate = 0.02, EdgeDropout = 0.3 });
        GraphEpoch first = default, last = default;
        trainer.Fit(150, e => (first, last) = (e.Epoch == 1 ? e : first, e));
        Assert.Equal((150L, 150L), (trainer.State.Epoch, last.Epoch));
        long best = trainer.State.BestEpoch;
        LinkMetrics test = trainer.Test();
        // Chance is 0.5, with a deviation of sqrt((2 n + 1) / (12 n n)) for n edges and n negatives.
        double n = split.Test.Count, three = 3 * Math.Sqrt(((2 * n) + 1) / (12 * n * n));
        Assert.True(test.Auc > 0.5 + three, $"{kind} {decoder}: {test.Auc} after epoch {best}");
        Assert.True(best is > 0 and <= 150 && best % 10 == 0);
        LinkMetrics validation = trainer.Validate(out bool again);
        Assert.False(again);
        Assert.Equal(trainer.State.BestScore, (validation.Auc + validation.AveragePrecision) / 2);
        Assert.True(last.Edges + last.NonEdges < 0.9 * (first.Edges + first.NonEdges), $"{kind} {decoder}: from {first} to {last}");
    }

    [Theory]
    [InlineData(LatentModelKind.Vae, GraphDecoder.Inner)]
    [InlineData(LatentModelKind.HvaeWhc, GraphDecoder.Distance)]
    public void SameBitsForAnyThreadsAndAfterAResume(LatentModelKind kind, GraphDecoder decoder)
    {
        GraphData data = SpreadingTree.Generate(700, 6);
        LinkSplit split = LinkSplit.Of(data.Graph, 2);
        double[] one = Run(1, null), four = Run(4, null), resumed = Run(2, _folder.At("checkpoint"));
        Assert.Equal(one, four);
        Assert.Equal(one, resumed);

        double[] Run(int threads, string? checkpoint)
        {
            using var backend = new SimdBackend<double>(threads);
            GraphAutoencoder<double> model = new(Options(kind, decoder), split.Train, data.Features, backend);
            GraphTrainer<double> trainer = Trainer(model);
            for (int k = 0; k < 6; k++)
            {
                if (k == 3 && checkpoint is not null)
                {
                    Checkpoint.Save(trainer, checkpoint, "{}");
                    trainer.Dispose();
                    model.Dispose();
                    model = new(Options(kind, decoder), split.Train, data.Features, backend);
                    trainer = Trainer(model);
                    Checkpoint.Load(trainer, checkpoint);
                    Assert.Equal(3, trainer.State.Epoch);
                }

                trainer.Step();
                if (k == 1) trainer.Validate(out _);
            }

            Assert.Equal(2, trainer.State.BestEpoch);
            string file = _folder.At("model");
            GraphModelFile.Save(model, file);
            using GraphAutoencoder<double> loaded = GraphModelFile.Load<double>(file, split.Train, data.Features, backend);
            double[] latent = loaded.Latent();
            Assert.Equal(model.Latent(), latent);
            trainer.State.RestoreBest();
            double[] scores = model.Scores([.. split.Test]);
            trainer.Dispose();
            model.Dispose();
            return [.. latent, .. scores];
        }

        GraphTrainer<double> Trainer(GraphAutoencoder<double> model) => new(model, split, new GraphTrainerOptions { Seed = 8, Dropout = 0.1, EdgeDropout = 0.1 });
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void AStepAllocatesNothing(LatentModelKind kind, GraphDecoder decoder)
    {
        GraphData data = SpreadingTree.Generate(100, 1);
        LinkSplit split = LinkSplit.Of(data.Graph, 2);
        using var backend = new SimdBackend<float>(1);
        using var model = new GraphAutoencoder<float>(Options(kind, decoder), split.Train, null, backend);
        using var trainer = new GraphTrainer<float>(model, split, new GraphTrainerOptions { Dropout = 0.5, EdgeDropout = 0.5 });
        for (int k = 0; k < 3; k++) trainer.Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int k = 0; k < 3; k++) trainer.Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void RefusesWhatDoesNotFit()
    {
        Graph graph = SmallGraphs.Path(40);
        using var backend = new SimdBackend<double>(1);
        Table features = Table.FromDoubles("f", 3, 1, [1, 2, 3]);
        TempFolder.AssertBadInput(() => new GraphAutoencoder<double>(Options(LatentModelKind.Vae, GraphDecoder.Inner), graph, features, backend), "3 rows", "40 nodes");
        TempFolder.AssertBadInput(() => new GraphAutoencoder<double>(Options(LatentModelKind.HvaeWhc, GraphDecoder.Inner, 1), graph, null, backend), "2");
        TempFolder.AssertBadInput(() => new GraphAutoencoder<double>(Options(LatentModelKind.Hvae, GraphDecoder.Inner) with { Radius = 0 }, graph, null, backend), "radius");
        using var model = new GraphAutoencoder<double>(Options(LatentModelKind.Vae, GraphDecoder.Inner), graph, null, backend);
        GraphModelFile.Save(model, _folder.At("m"));
        TempFolder.AssertBadInput(() => GraphModelFile.Load<double>(_folder.At("m"), SmallGraphs.Path(41), null, backend), "40 nodes", "41");
        TempFolder.AssertBadInput(() => GraphModelFile.Load<float>(_folder.At("m"), graph), "double");
        TempFolder.AssertBadInput(() => new GraphTrainerOptions { Dropout = 1 }.Checked(), "Dropout");
        Assert.Throws<ArgumentException>(() => new GraphTrainer<double>(model, LinkSplit.Of(graph, 0), new GraphTrainerOptions()));
    }

    [Fact]
    public void TrainingSeesTheTrainingGraphAlone()
    {
        GraphData data = SpreadingTree.Generate(100, 1);
        LinkSplit split = LinkSplit.Of(data.Graph, 2);
        using var backend = new SimdBackend<double>(1);
        using var model = new GraphAutoencoder<double>(Options(LatentModelKind.Vae, GraphDecoder.Inner), split.Train, null, backend);
        foreach (GraphEdge e in split.Validation.Concat(split.Test)) Assert.False(model.Graph.HasEdge(e.U, e.V));
    }
}
