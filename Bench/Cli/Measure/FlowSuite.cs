using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Every preset of deep flows: the exact log-density, and a training step with Adam and a clipped gradient, per sample; and what a call allocates.</summary>
internal static class FlowSuite
{
    private const int Batch = 256;
    private static readonly int[] Widths = [64];
    private static readonly int[] QuickWidths = [4];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        foreach (int d in settings.SizesOr(Widths, QuickWidths))
            // A preset that checks its data takes no normal noise of any width.
            foreach (Preset preset in Presets.All.Where(p => p.IsDeep && p.Check is null))
                foreach (bool step in (bool[])[false, true])
                {
                    var key = new BenchKey("flows", step ? "step" : "log-prob", "float", FormattableString.Invariant($"{preset.Name} D {d}"), Batch, d, 0, settings.Threads);
                    yield return new BenchPlan(key, () => Make(preset, key, step));
                }
    }

    private static BenchCase Make(Preset preset, BenchKey key, bool step)
    {
        int d = key.N;
        var what = new BenchCase(key, Batch);
        var backend = what.Own(new SimdBackend<float>(key.Threads));
        var recipe = new JsonObject
        {
            ["version"] = ModelFile.RecipeVersion,
            ["dtype"] = "float",
            ["seed"] = 1,
            ["base"] = preset.Base?.Invoke(d) ?? new JsonObject { ["kind"] = "standard-normal", ["dimension"] = d },
            ["layers"] = preset.Recipe!(d),
        };
        using JsonDocument json = JsonDocument.Parse(recipe.ToJsonString());
        Flow<float> flow = what.Own(ModelFile.FromRecipe<float>(json.RootElement, backend));
        var batch = new float[Batch * d];
        RandomFill.Gaussian<float>(1, 0, 0, batch);
        flow.Initialize(batch);
        Action call;
        if (step)
        {
            // A rate of zero keeps the model where it is, however many steps are measured; the arithmetic is the same.
            var trainer = what.Own(new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = Batch, ClipNorm = 10, Schedule = LearningRateSchedule.Constant(0) }));
            call = () => trainer.Step(batch);
        }
        else
        {
            var logProb = new float[Batch];
            call = () => flow.LogProb(batch, logProb);
        }

        for (int i = 0; i < 3; i++) call();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) call();
        what.BytesAllocated = (GC.GetAllocatedBytesForCurrentThread() - before) / 10.0;
        Action<int> many = times => { for (; times > 0; times--) call(); };
        what.Contenders.Add(key.Threads > 1 ? BenchContender.ManyThreads(BenchContender.Ours, many) : BenchContender.OneThread(BenchContender.Ours, many));
        return what;
    }
}
