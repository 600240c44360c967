using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>A small training run by name, the same on any backend.</summary>
internal sealed class GpuTrainingRun<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Rows = 64;

    private readonly IBackend<T> _backend;
    private readonly FlowTrainer<T> _trainer;
    private readonly BatchSource<T> _batches;

    /// <param name="name">A strategy, or <c>affine-coupling</c>, <c>spline-coupling</c>, <c>images</c>.</param>
    /// <param name="backend">Where it runs; the run's own.</param>
    /// <param name="reportEvery">Steps between two readings.</param>
    public GpuTrainingRun(string name, IBackend<T> backend, int reportEvery)
    {
        _backend = backend;
        (int d, int batch, string layers) = Recipe(name);
        using JsonDocument recipe = JsonDocument.Parse($$"""
            {"version":{{ModelFile.RecipeVersion}},"dtype":"{{(typeof(T) == typeof(float) ? "float" : "double")}}","seed":3,
             "base":{"kind":"standard-normal","dimension":{{d}}},
             "layers":[{"kind":"logit","dimension":{{d}},"alpha":0.01,"low":0,"high":32},{{layers}}]}
            """);
        Flow = ModelFile.FromRecipe<T>(recipe.RootElement, backend);
        bool relative = name == "relative";
        IOptimizer<T> optimizer = relative ? new Sgd<T>(momentum: 0.9) : new Adam<T>();
        _trainer = new FlowTrainer<T>(Flow, optimizer, new TrainerOptions { BatchSize = batch, Epochs = 1000, Seed = 17, ClipNorm = 5, ReportEvery = reportEvery, Schedule = LearningRateSchedule.Constant(3e-3) });
        var noise = new double[Rows * d];
        RandomFill.Gaussian<double>(3, 0, 0, noise);
        Data = Table.FromBytes("sample", Rows, d, [.. noise.Select((v, i) => (byte)Math.Clamp(16 + (4 * v) + (2 * noise[i / d * d]), 0, 31))], levels: 32);
        _batches = new BatchSource<T>(Data, batch, seed: 17, dequantize: true);
    }

    public Flow<T> Flow { get; }

    public FlowTrainer<T> Trainer => _trainer;

    public Table Data { get; }

    public int StepsPerEpoch => _batches.BatchesPerEpoch;

    /// <summary>Trains until a step's report says that so many are done; what was reported on the way.</summary>
    public List<StepReport> RunTo(long step, Action<StepReport>? onStep = null)
    {
        List<StepReport> reports = [];
        while (_trainer.State.Step < step)
            _trainer.RunEpoch(_batches, null, report =>
            {
                reports.Add(report);
                onStep?.Invoke(report);
                return report.Step + 1 < step;
            });
        return reports;
    }

    /// <summary>Exact log-likelihood of every row, by the CPU, of the model as it stands.</summary>
    public double[] LogProb()
    {
        using var cpu = new SimdBackend<T>(1);
        using var folder = new TempFolder();
        Flow.Save(folder.At("model.safetensors"));
        using Flow<T> copy = ModelFile.Load<T>(folder.At("model.safetensors"), cpu);
        var rows = new T[Data.Rows * Data.Columns];
        for (int r = 0; r < Data.Rows; r++) Data.CopyRow(r, rows.AsSpan(r * Data.Columns, Data.Columns));
        return Array.ConvertAll(copy.LogProb(rows), double.CreateTruncating);
    }

    /// <summary>Parameters, buffers and the optimiser's slots.</summary>
    public T[] State()
    {
        ParameterStore<T> store = Flow.Store;
        List<T> all = [];
        foreach (Slice plane in (Slice[])[store.Values, store.BufferValues, .. Enumerable.Range(0, store.SlotCount).Select(store.Slot)])
        {
            if (plane.Length == 0) continue;
            var values = new T[plane.Length];
            _backend.Read(plane, values);
            all.AddRange(values);
        }
        return [.. all];
    }

    public void Dispose()
    {
        _trainer.Dispose();
        Flow.Dispose();
        _backend.Dispose();
    }

    private static (int Dimension, int Batch, string Layers) Recipe(string name)
    {
        switch (name)
        {
            case "affine-coupling":
                return (6, 5, Couplings("""{"kind":"affine","scale":"soft-clip","slope":0.05}"""));
            case "spline-coupling":
                return (6, 5, Couplings("""{"kind":"rational-quadratic","bins":4,"tail_bound":5,"identity_init":true}"""));
            case "images":
                const string Convolution = """{"kind":"conv2d","channels":1,"height":3,"width":3,"kernel":3,"strategy":{"name":"snf-published","weight":1} }""";
                return (9, 5, $$"""{{Convolution}},{"kind":"smooth-leaky-relu","dimension":9,"alpha":0.3},{{Convolution}}""");
            default:
                string every = name == "stale-inverse" ? ",\"every\":4" : "", linear = $$"""{"kind":"linear","dimension":7,"strategy":{"name":"{{name}}"{{every}}} }""";
                return (7, 11, $$"""{{linear}},{"kind":"smooth-leaky-relu","dimension":7,"alpha":0.3},{{linear}}""");
        }
    }

    private static string Couplings(string transformer) => string.Join(',', Enumerable.Range(0, 2).Select(k =>
        $$"""{"kind":"actnorm","channels":6},{"kind":"coupling","mask":[{{string.Join(',', Enumerable.Range(0, 6).Select(j => (j + k) % 2))}}],"transformer":{{transformer}},"conditioner":{"kind":"mlp","hidden":[8,8],"activation":"relu"} }"""));
}
