#if ILGPU
using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>The kernels that everything launches: the conformance of backends, every case of every op in all directions, a step of every optimiser.</summary>
internal static class KernelWalk
{
    private const string Recipe = """{"version":1,"seed":2,"layers":[{"kind":"linear","dimension":2,"strategy":{"name":"exact-lu"}}],"base":{"kind":"standard-normal","dimension":2}}""";

    private static readonly Lazy<HashSet<Type>> Found = new(Walk);

    /// <summary>The types of the kernels, over the emulator's views.</summary>
    public static IReadOnlyCollection<Type> Kernels => Found.Value;

    private static HashSet<Type> Walk()
    {
        var kernels = new HashSet<Type>();
        // Groups as large as a GPU's choose other tiles; nothing needs to run for that.
        foreach ((int items, bool runs) in (ReadOnlySpan<(int, bool)>)[(32, true), (1024, false)])
        {
            Walk(() => new GpuBackend<float, EmulatedView<float>, SingleLane>(new KernelLog<float>(new GpuEmulator<float>(items), kernels, runs)), runs);
            Walk(() => new GpuBackend<double, EmulatedView<double>, DoubleLane>(new KernelLog<double>(new GpuEmulator<double>(items), kernels, runs)), runs);
        }
        return kernels;
    }

    private static void Walk<T>(Func<IBackend<T>> make, bool runs) where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<string> failures = BackendConformance<T>.Check(make);
        if (!runs) return;
        if (failures.Count > 0) throw new InvalidOperationException(failures[0]);
        using IBackend<T> backend = make();
        var random = new Random(7);
        using JsonDocument recipe = JsonDocument.Parse(Recipe);
        foreach (OpCase<T> c in OpCases.All<T>())
        {
            double[][] x = [.. c.Inputs.Select(i => i.Draw(random))], u = [.. c.Inputs.Select(i => (i with { Domain = Domain.Normal, Values = null }).Draw(random))];
            using var run = new OpRun<T>(c, backend, x);
            run.Vjp(new InputSpec(1, run.Value(x).Length).Draw(random));
            run.Jvp(u);
        }
        foreach (string optimizer in OptimizerFactory.Names)
        {
            using Flow<T> flow = ModelFile.FromRecipe<T>(recipe.RootElement, backend);
            using var trainer = new FlowTrainer<T>(flow, OptimizerFactory.Create<T>(optimizer), new TrainerOptions { BatchSize = 4, ClipNorm = 1 });
            T[] batch = [.. Enumerable.Range(0, 8).Select(_ => T.CreateChecked(InputSpec.Gaussian(random)))];
            flow.Initialize(batch);
            trainer.Step(batch, default, 1e-3);
        }
    }
}
#endif
