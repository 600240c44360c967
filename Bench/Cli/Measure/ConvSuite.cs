using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>
/// The nine-layer convolutional net of Keller et al. 2021 on images of MNIST's size, batch 100: a whole training step of every strategy in
/// turn, and each kind of layer alone, forward and backward, at the three sizes that the net has.
/// </summary>
internal static class ConvSuite
{
    private const int Batch = 100;
    /// <summary>About what training on MNIST makes of a kernel: deviation of its taps, times the root of the channels.</summary>
    private const double KernelNoise = 0.15;
    private static readonly ImageShape Mnist = new(1, 28, 28), Digits = new(1, 8, 8);

    // The first is ours: the one that the goals speak of.
    private static readonly (string Name, string Preset, string? Strategy)[] Nets =
    [
        ("banded-exact", "conv9-exact", "banded-exact"),
        ("snf-published", "snf-conv9", "snf-published"),
        ("snf-reconstruction", "snf-conv9", "snf-reconstruction"),
        ("stale-inverse", "conv9-exact", "stale-inverse"),
        ("exact-lu", "conv9-exact", "exact-lu"),
        ("emerging", "conv9-emerging", null),
        ("conv-exponential", "conv9-convexp", null),
    ];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        ImageShape images = settings.Quick ? Digits : Mnist;
        var net = new BenchKey("conv", "step", "float", $"9 layers {images}", Batch, images.Features, 0, settings.Threads);
        yield return new BenchPlan(net, () => Steps(net, images));
        ImageShape shape = images;
        for (int stage = 0; stage < 3; stage++)
        {
            ImageShape here = shape;
            var key = new BenchKey("conv", "layer", "float", here.ToString(), Batch, here.Features, 0, settings.Threads);
            yield return new BenchPlan(key, () => Layers(key, here));
            shape = new ImageShape(4 * shape.Channels, shape.Height / 2, shape.Width / 2);
        }
    }

    private static BenchCase Steps(BenchKey key, ImageShape images)
    {
        var what = new BenchCase(key, Batch) { LeastCalls = 2 };
        IBackend<float> backend = what.Own(new SimdBackend<float>(key.Threads));
        var batch = new float[Batch * images.Features];
        RandomFill.Gaussian<float>(1, 0, 0, batch);
        foreach ((string name, string preset, string? strategy) in Nets)
        {
            JsonArray layers = Presets.Find(preset)!.Images!(images);
            if (strategy is not null) StrategyChoice.Apply(layers, new JsonObject { ["name"] = strategy }, name);
            Flow<float> flow = Make(what, backend, layers, images);
            flow.Initialize(batch);
            // A rate of zero keeps the model where it is, however many steps are measured; the arithmetic is the same.
            var trainer = what.Own(new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = Batch, Schedule = LearningRateSchedule.Constant(0) }));
            Add(what, name, () => trainer.Step(batch));
        }

        return what;
    }

    private static BenchCase Layers(BenchKey key, ImageShape shape)
    {
        var what = new BenchCase(key, Batch) { LeastCalls = 2 };
        IBackend<float> backend = what.Own(new SimdBackend<float>(key.Threads));
        var batch = new float[Batch * shape.Features];
        RandomFill.Gaussian<float>(1, 0, 0, batch);
        void Layer(string name, string[] entries, string? strategy = null)
        {
            JsonArray layers = [.. entries.Select(e => JsonNode.Parse(e))];
            if (strategy is not null) StrategyChoice.Apply(layers, new JsonObject { ["name"] = strategy }, name);
            Flow<float> flow = Make(what, backend, layers, shape);
            flow.Initialize(batch);
            var tape = what.Own(new Tape<float>(backend, flow.Store));
            long step = 0;
            Add(what, name, () =>
            {
                // The gradient of the input is wanted, as in the middle of a flow.
                tape.Reset();
                Var x = tape.Input(batch, Batch, shape.Features, needsGrad: true);
                tape.Backward(flow.RecordObjective(tape, x, new StepContext { Mode = FlowMode.Train, Step = step++ }).Loss);
            });
        }

        foreach ((string name, string preset, string? strategy) in Nets)
            Layer(name, preset switch { "conv9-emerging" => ImageRecipes.Emerging(shape), "conv9-convexp" => ImageRecipes.Exponential(shape), _ => ImageRecipes.Convolution(shape) }, strategy);
        Layer("spline", [ImageRecipes.Spline(shape)]);
        return what;
    }

    private static Flow<float> Make(BenchCase what, IBackend<float> backend, JsonArray layers, ImageShape images)
    {
        var recipe = new JsonObject
        {
            ["version"] = ModelFile.RecipeVersion,
            ["dtype"] = "float",
            ["seed"] = 1,
            ["base"] = new JsonObject { ["kind"] = "standard-normal", ["dimension"] = images.Features },
            ["layers"] = layers,
        };
        using JsonDocument json = JsonDocument.Parse(recipe.ToJsonString());
        Flow<float> flow = what.Own(ModelFile.FromRecipe<float>(json.RootElement, backend));
        Disturb(flow);
        return flow;
    }

    // At the start a kernel is nearly the identity, its matrix nearly diagonal, and a factorisation has less to do (or, full of subnormal numbers, more) than ever after.
    private static void Disturb(Flow<float> flow)
    {
        ulong stream = 0;
        foreach (IJacobianLayer<float> layer in IJacobianLayer<float>.In(flow.Transforms))
        {
            double[] w = [.. flow.Store.Read(layer.Site.Weight)], noise = new double[w.Length];
            RandomFill.Gaussian<double>(7, stream++, 0, noise);
            for (int i = 0; i < w.Length; i++) w[i] += KernelNoise / Math.Sqrt(layer.Site.Weight.Rows) * noise[i];
            flow.Store.Write(layer.Site.Weight, w);
        }
    }

    private static void Add(BenchCase what, string name, Action call)
    {
        Action<int> many = times => { for (; times > 0; times--) call(); };
        string shown = what.Contenders.Count == 0 ? BenchContender.Ours : name;
        what.Contenders.Add(what.Key.Threads > 1 ? BenchContender.ManyThreads(shown, many) : BenchContender.OneThread(shown, many));
    }
}
