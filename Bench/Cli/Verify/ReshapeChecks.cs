using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group reshape: squeezes, splits of images, levels.</summary>
internal static class ReshapeChecks
{
    private static readonly string[] Common = ["x", "ct.z", "ct.log_abs_det"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("squeeze", new FixtureCheck<T>(Common, static run => Compare(run, new Squeeze<T>(PixelwiseChecks.Image(run), TransformerChecks.Whole(run, "factor")))));
        table.Add("unsqueeze", new FixtureCheck<T>(Common, static run => Compare(run, new Squeeze<T>(PixelwiseChecks.Image(run), TransformerChecks.Whole(run, "factor"), reverse: true))));
        table.Add("haar_squeeze", new FixtureCheck<T>(Common, static run => Compare(run, new HaarSqueeze<T>(PixelwiseChecks.Image(run)))));
        table.Add("split", new FixtureCheck<T>(["x"], Split));
        table.Add("multiscale", new FixtureCheck<T>([.. Common, .. Enumerable.Range(0, 3).SelectMany(static i => (string[])[$"scale{i}.log_scale", $"scale{i}.shift"])], Levels));
    }

    private static void Compare<T>(CaseRun<T> run, IBijector<T> layer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, layer);
        bench.CompareAll();
    }

    private static void Split<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ImageSplit split = ImageSplit.Of(PixelwiseChecks.Image(run), run.File.Text("mode"));
        using var tape = new Tape<T>(run.Backend);
        (int rows, int cols) = run.Matrix("x");
        Var x = run.Load(tape, "x", rows, cols);
        foreach ((string tensor, ImageShape image, int[] columns) in ((string, ImageShape, int[])[])[("z1", split.First, split.FirstColumns()), ("z2", split.Second, split.SecondColumns())])
        {
            int[] shape = run.Shape(tensor);
            if (!shape.AsSpan().SequenceEqual([rows, image.Channels, image.Height, image.Width]))
                throw new BadInputException($"{run.File.Path}: '{tensor}' has shape [{string.Join(", ", shape)}], expected {rows} images of {image}; the file is damaged or of another kind.");
            run.Compare(tensor, tape, tape.GatherColumns(x, tape.Input(Array.ConvertAll(columns, static j => T.CreateTruncating(j)), 1, columns.Length)));
        }
    }

    // An ActNorm a level; then the first half of the channels leaves, rounded up.
    private static void Levels<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int channels = run.Shape("x").ElementAtOrDefault(1), pixels = run.Matrix("x").Cols / Math.Max(1, channels);
        var levels = new List<ScaleLevel<T>>();
        var parameters = new List<(string, string)>();
        for (int i = 0, left = channels; i < TransformerChecks.Whole(run, "levels"); i++)
        {
            int leave = (left + 1) / 2;
            levels.Add(new ScaleLevel<T>([new ActNorm<T>(left, pixels)], leave * pixels));
            foreach (string name in (string[])["log_scale", "shift"]) parameters.Add(($"scale{i}.{name}", $"levels.{i}.layers.0.{name}"));
            left -= leave;
        }
        using var bench = new LayerBench<T>(run, new MultiScale<T>(channels * pixels, levels), [.. parameters]);
        bench.CompareAll();
    }
}
