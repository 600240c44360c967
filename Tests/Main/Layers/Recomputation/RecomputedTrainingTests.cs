using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Training through recomputed layers: the bits of training without, for any number of threads and after a resume, in the memory of one layer and without allocation.</summary>
[Collection(AloneCollection.Name)]
public sealed class RecomputedTrainingTests
{
    private const int Batch = 32;

    private const string Spline = """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"rational-quadratic","bins":4},"conditioner":{"kind":"mlp","hidden":[8]}}""";
    private const string Affine = """{"kind":"coupling","mask":[0,1,0,1],"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[8]}}""";
    private const string ActNorm = """{"kind":"actnorm","channels":4}""";
    private const string Bend = """{"kind":"smooth-leaky-relu","dimension":4,"alpha":0.3}""";

    public static TheoryData<string> Recipes =>
    [
        $"[{ActNorm},{Affine},{ActNorm},{Spline}]",
        """[{"kind":"autoregressive","dimension":4,"transformer":{"kind":"affine"},"conditioner":{"kind":"made","hidden":[8]}},{"kind":"batchnorm","channels":4}]""",
        $"[{Linear("snf-published", "\"weight\":1")},{Bend},{Linear("snf-reconstruction-probes", "\"weight\":0.5")}]",
        $"[{ActNorm},{Linear("stale-inverse", "\"every\":2")},{Bend},{Linear("newton-schulz", "\"every\":2")}]",
        $$$"""[{"kind":"residual","dimension":4,"hidden":[6],"log_det":{"name":"roulette"}},{"kind":"residual","dimension":4,"hidden":[6],"log_det":{"name":"neumann"}},{{{ActNorm}}}]""",
        """[{"kind":"cnf","dimension":4,"hidden":[5],"trace":"hutchinson","kinetic":0.1},{"kind":"cnf","dimension":4,"hidden":[5],"gradient":"adjoint"}]""",
        $$"""[{"kind":"multi-scale","dimension":4,"levels":[{"layers":[{{ActNorm}},{{Affine}}],"leave":2},{"layers":[{"kind":"actnorm","channels":2}]}]},{{Linear("exact-lu", "")}}]""",
        $$"""[{"kind":"recomputed","layers":[{{ActNorm}},{{Affine}}]},{"kind":"recomputed","from":"output","layers":[{{ActNorm}},{{Affine}}]},{{Linear("relative", "")}}]""",
    ];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void EveryBitIsThatOfTrainingWithout(string recipe)
    {
        // A nest from the output is one in both.
        Run plain = Train(recipe, wrapped: false, threads: 1), wrapped = Train(recipe, wrapped: true, threads: 1), threads = Train(recipe, wrapped: true, threads: 3);
        Assert.Equal(plain.Bits, wrapped.Bits);
        Assert.Equal(plain.Reports, wrapped.Reports);
        Assert.Equal(wrapped.Bits, threads.Bits);
        Assert.NotEqual(plain.Bits, Train(recipe, wrapped: false, threads: 1, steps: 4).Bits);
    }

    [Fact]
    public void StateThatMovesInAProvisionalRecordingIsSeen()
    {
        // What the comparison above would find in a layer that does not heed StepContext.Provisional.
        long Moves(bool heeds)
        {
            using var backend = new SimdBackend<float>(1);
            using var flow = new Flow<float>([new Recomputed<float>([new Moving(heeds)])], new StandardNormal<float>(4), 3, backend);
            using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions());
            for (int i = 0; i < 3; i++) trainer.Step(Data(i));
            return flow.Store[0];
        }

        Assert.Equal(3, Moves(heeds: true));
        Assert.Equal(6, Moves(heeds: false));
    }

    [Theory]
    [InlineData("input")]
    [InlineData("output")]
    public void AResumedRunEndsWithTheSameBits(string from)
    {
        string recipe = $"[{ActNorm},{Affine},{Linear("exact-lu", "")},{Spline}]";
        using var folder = new TempFolder();
        string path = folder.At("checkpoint.safetensors");
        Run whole = Train(recipe, wrapped: true, threads: 1, from: from, checkpoint: (path, 3));
        Run resumed = Train(recipe, wrapped: true, threads: 1, from: from, resume: path);
        Assert.Equal(whole.Bits, resumed.Bits);
    }

    [Theory]
    [InlineData("input")]
    [InlineData("output")]
    public void AStepTakesNoManagedMemory(string from)
    {
        using var backend = new SimdBackend<float>(1);
        using Flow<float> flow = Make($"[{ActNorm},{Affine},{Linear("exact-lu", "")},{Spline}]", wrapped: true, from, backend);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions());
        float[] x = Data(0);
        flow.Initialize(x);
        trainer.Step(x);
        (int growths, long bytes) = (trainer.TapeGrowths, trainer.TapeBytes);
        for (int i = 0; i < 30; i++) trainer.Step(x);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) trainer.Step(x);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((growths, bytes), (trainer.TapeGrowths, trainer.TapeBytes));
    }

    [Theory]
    [InlineData("input")]
    [InlineData("output")]
    public void MemoryIsThatOfOneLayer(string from)
    {
        const int Wide = 512, Rows = 64, Depth = 16;
        string layer = $$$"""{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[{{{Wide}}},{{{Wide}}}]}}""";
        long Bytes(int depth, bool wrapped)
        {
            using var backend = new SimdBackend<float>(1);
            using Flow<float> flow = Make($"[{string.Join(',', Enumerable.Repeat(layer, depth))}]", wrapped, from, backend);
            using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions());
            trainer.Step([.. new PhiloxNormals(1).Take(4 * Rows).Select(v => (float)v)]);
            return trainer.TapeBytes;
        }

        long one = Bytes(1, wrapped: false), plain = Bytes(Depth, wrapped: false), wrapped = Bytes(Depth, wrapped: true);
        // Two hidden layers before and after their activation, with gradients, of every layer: what cannot be had in less without recomputation.
        long hidden = 2L * 4 * Rows * Wide * sizeof(float);
        Assert.True(plain > Depth * hidden, $"{plain} bytes for {Depth} layers, {hidden} for the hidden values of one");
        Assert.True(one > hidden, $"{one} bytes for one layer");
        // The arena grows by doubling: at most twice what is asked for, and one layer's inputs a layer.
        Assert.True(wrapped < 3 * one, $"{wrapped} bytes for {Depth} recomputed layers, {one} for one, {plain} without");
        Assert.True(wrapped < plain / 5, $"{wrapped} bytes recomputed, {plain} without");
    }

    [Fact]
    public void EvaluationKeepsNothingOfTheLayers()
    {
        using var backend = new SimdBackend<float>(1);
        using Flow<float> flow = Make($"[{ActNorm},{Affine},{Spline}]", wrapped: true, "input", backend), plain = Make($"[{ActNorm},{Affine},{Spline}]", wrapped: false, "input", backend);
        Assert.Equal(plain.LogProb(Data(1)), flow.LogProb(Data(1)));
        Assert.Equal(plain.Sample(7, seed: 3), flow.Sample(7, seed: 3));
        using var tape = new Tape<float>(backend, flow.Store) { RecordsGradients = false };
        flow.Forward(tape, tape.Input(Data(0), Batch, 4), new StepContext());
        Assert.Equal(3, tape.Nodes.ToArray().Count(n => n.Op.Name == "recompute"));
        Assert.DoesNotContain(tape.Nodes.ToArray(), n => n.Op.Name == "matmul");
        Assert.Contains("layers.0.layers.2.net", tape.Print(), StringComparison.Ordinal);
        Assert.Contains("docs/ops/../bijectors/recomputed.md", tape.Explain(0), StringComparison.Ordinal);
    }

    [Fact]
    public void ASavedModelIsTheSame()
    {
        using var backend = new SimdBackend<float>(1);
        using Flow<float> flow = Make($"[{ActNorm},{Affine}]", wrapped: true, "output", backend);
        flow.Initialize(Data(0));
        using var folder = new TempFolder();
        flow.Save(folder.At("model.safetensors"));
        using Flow<float> loaded = Flow<float>.Load(folder.At("model.safetensors"), backend);
        Assert.Equal(RecomputeFrom.Output, Assert.IsType<Recomputed<float>>(loaded.Transforms[0]).From);
        Assert.Equal(flow.LogProb(Data(2)), loaded.LogProb(Data(2)));
    }

    private static string Linear(string strategy, string more) => $$$"""{"kind":"linear","dimension":4,"strategy":{"name":"{{{strategy}}}"{{{(more.Length > 0 ? "," : "") + more}}}}}""";

    private static float[] Data(int step) => [.. new PhiloxNormals((ulong)step + 40).Take(Batch * 4).Select((v, i) => (float)((i % 4 * 0.5) + v))];

    private static Flow<float> Make(string layers, bool wrapped, string from, IBackend<float> backend)
    {
        List<IBijector<float>> list = LayerList.Read<float>(JsonDocument.Parse(layers).RootElement);
        IBijector<float> b = wrapped ? new Recomputed<float>(list, from == "input" ? RecomputeFrom.Input : RecomputeFrom.Output) : new PlainChain<float>(list);
        return new Flow<float>([b], new StandardNormal<float>(4), 3, backend);
    }

    private static Run Train(string layers, bool wrapped, int threads, int steps = 6, string from = "input", (string Path, int Step)? checkpoint = null, string? resume = null)
    {
        using var backend = new SimdBackend<float>(threads);
        using Flow<float> flow = Make(layers, wrapped, from, backend);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { Seed = 8, Schedule = LearningRateSchedule.Constant(1e-2), ClipNorm = 10 });
        var reports = new List<StepReport>();
        if (resume is not null) Checkpoint.Load(trainer, resume);
        else flow.Initialize(Data(0));
        while (trainer.State.Step < steps)
        {
            if (trainer.State.Step == checkpoint?.Step) Checkpoint.Save(trainer, checkpoint.Value.Path, "{}");
            reports.Add(trainer.Step(Data((int)trainer.State.Step)));
        }
        ParameterStore<float> store = flow.Store;
        List<long> bits = [];
        foreach (ParameterStore<float>.Entry e in store.Parameters.Concat(store.Buffers)) bits.AddRange(store.Read(e.Var).Select(v => (long)BitConverter.SingleToInt32Bits(v)));
        for (int i = 0; i < store.Counters.Count; i++) bits.Add(store[i]);
        return new Run(bits, reports);
    }

    private sealed record Run(List<long> Bits, List<StepReport> Reports);

    /// <summary>A scale that counts its recordings.</summary>
    private sealed class Moving(bool heeds) : IBijector<float>
    {
        private Var _scale = Var.None;

        public string Kind => "moving";

        public int Dimension => 4;

        public void Attach(ParameterStore<float> store, string scope, ulong seed)
        {
            _scale = store.AddParameter($"{scope}.scale", 1, 4, [1, 1, 1, 1]);
            store.AddCounter($"{scope}.recordings");
        }

        public FlowStep Forward(Tape<float> tape, Var x, in StepContext c)
        {
            if (!(heeds && c.Provisional)) tape.Store![0]++;
            return FlowStep.Exact(tape.Multiply(x, _scale), tape.Sum(tape.Log(_scale)));
        }

        public FlowStep Inverse(Tape<float> tape, Var z, in StepContext c) => FlowStep.Exact(tape.Divide(z, _scale), tape.Sum(tape.Log(_scale), -1));

        public void WriteConfig(Utf8JsonWriter json)
        {
        }
    }
}
