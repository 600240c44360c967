using System.Text.Json;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every preset of images in its size for the 8x8 digits: trained for a little, it must beat what it started from, come back from the latent space, and be resumable and samplable.</summary>
public sealed class ImagePresetTests
{
    public static TheoryData<string> Presets => [.. Cli.Presets.All.Where(p => p.Images is not null).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Presets))]
    public void LearnsTheDigitsAndComesBack(string preset)
    {
        using TempFolder temp = new();
        string run = temp.At("run"), model = Path.Combine(run, "model.safetensors");
        CommandLine.Succeed("train", "--model", preset, "--epochs", "3", "--lr", "0.003", "--seed", "5", "--out", run);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json")));
        double nats = summary.RootElement.GetProperty("test").GetProperty("nats").GetDouble();
        // One epoch fits the logits' scale; the standard normal of untouched logits lies far below.
        Assert.InRange(nats, -135, -80);
        Assert.Equal(0x89, File.ReadAllBytes(Path.Combine(run, "samples.png"))[0]);

        using JsonDocument evaluated = JsonDocument.Parse(CommandLine.Succeed("evaluate", model, "--round-trip", "--json"));
        Assert.Equal(nats, evaluated.RootElement.GetProperty("nats").GetDouble());
        foreach (string trip in (string[])["round_trip_data", "round_trip_samples"])
        {
            Assert.Equal(0, evaluated.RootElement.GetProperty(trip).GetProperty("not_finite").GetInt64());
            Assert.InRange(evaluated.RootElement.GetProperty(trip).GetProperty("largest").GetDouble(), 0, 1e-3);
        }

        CommandLine.Succeed("sample", model, "--count", "4", "--out", temp.At("four.png"));
        Assert.Equal(0x89, File.ReadAllBytes(temp.At("four.png"))[0]);
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void ComesBackBeforeAnyTraining(string preset)
    {
        using TempFolder temp = new();
        string run = temp.At("run");
        // A rate of almost nothing: the model is what it starts as, data-dependent start values included.
        CommandLine.Succeed("train", "--model", preset, "--epochs", "1", "--lr", "1e-12", "--out", run);
        using var backend = new SimdBackend<float>(1);
        using Flow<float> flow = Flow<float>.Load(Path.Combine(run, "model.safetensors"), backend);
        RoundTrip data = RoundTrip.OfData(flow, Optdigits.Load().Test, 500, 3), samples = RoundTrip.OfSamples(flow, 500, 4);
        Assert.Equal((0L, 0L), (data.NonFinite, samples.NonFinite));
        Assert.InRange(data.Largest, 0, 1e-3);
        Assert.InRange(samples.Largest, 0, 1e-3);
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void StoppedAndResumedEndsBitIdentical(string preset)
    {
        using TempFolder temp = new();
        string[] options = ["train", "--model", preset, "--epochs", "2", "--batch", "400"];
        CommandLine.Succeed([.. options, "--out", temp.At("whole"), "--threads", "1"]);
        using (System.Diagnostics.Process child = CommandLine.Start([.. options, "--out", temp.At("cut"), "--threads", "2", "--checkpoint-seconds", "0.001"]))
        {
            string checkpoint = Path.Combine(temp.At("cut"), "checkpoint.safetensors");
            CommandLine.WaitFor(() => File.Exists(checkpoint) || File.Exists(Path.Combine(temp.At("cut"), "summary.json")), child);
            child.Kill();
            child.WaitForExit();
        }

        CommandLine.Succeed("train", "--resume", "--out", temp.At("cut"));
        Assert.Equal(File.ReadAllBytes(temp.At("whole/model.safetensors")), File.ReadAllBytes(temp.At("cut/model.safetensors")));
    }

    [Theory]
    [InlineData("snf-conv9")]
    [InlineData("conv9-exact")]
    public void SidesThatCannotBeHalvedAreRefused(string preset)
    {
        using TempFolder temp = new();
        string images = temp.At("odd.idx");
        byte[] file = [0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 6, 0, 0, 0, 10, .. new byte[60 * 60]];
        File.WriteAllBytes(images, file);
        CommandLine.RefuseInput(["train", "--model", preset, "--data", images, "--batch", "10", "--out", temp.At("run")], "6x10", "multiples of 4");
        CommandLine.RefuseInput(["train", "--model", preset, "--data", CommandLine.PutRows(temp, "rows.csv", 120, 16), "--batch", "10", "--out", temp.At("run")], preset, "16 columns", "images");
        CommandLine.RefuseInput(["train", "--model", preset, "--columns", "0-15", "--out", temp.At("run")], preset, "16 columns", "images");
        Assert.False(Directory.Exists(temp.At("run")));
    }

    [Theory]
    [InlineData("""[{"kind":"conv2d","channels":1,"height":8,"width":8,"kernel":4}]""", "kernel", "4", "odd")]
    [InlineData("""[{"kind":"squeeze","channels":1,"height":8,"width":8,"factor":3}]""", "8x8", "3")]
    [InlineData("""[{"kind":"conv2d","channels":3,"height":8,"width":8}]""", "192", "64")]
    [InlineData("""[{"kind":"squeeze","channels":1,"height":8,"width":8},{"kind":"conv2d","channels":1,"height":8,"width":8}]""", "conv2d", "1x8x8", "4x4x4")]
    [InlineData("""[{"kind":"glow-coupling","channels":1,"height":8,"width":8}]""", "glow-coupling", "channel")]
    [InlineData("""[{"kind":"conv2d","channels":1,"height":8,"width":8,"padding":"circular","strategy":{"name":"banded-exact"}}]""", "banded-exact", "circular")]
    [InlineData("""[{"kind":"conv2d","channels":1,"height":8,"width":8,"strategy":{"name":"relative"}}]""", "relative", "convolution")]
    public void RecipesThatMakeNoSenseAreRefused(string layers, params string[] fragments)
    {
        using TempFolder temp = new();
        temp.Put("recipe.json", $$"""{"layers":{{layers}} }""");
        CommandLine.RefuseInput(["train", "--model", temp.At("recipe.json"), "--out", temp.At("run")], fragments);
        Assert.False(Directory.Exists(temp.At("run")));
    }

    [Fact]
    public void StrategiesReachConvolutionsInsideOtherLayers()
    {
        using TempFolder temp = new();
        string stdout = CommandLine.Succeed("train", "--model", "snf-glow", "--strategy", "exact-lu", "--epochs", "1", "--out", temp.At("run"));
        Assert.Contains("train NLL [exact]", stdout, StringComparison.Ordinal);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(temp.At("run/summary.json")));
        Assert.Equal("exact-lu", summary.RootElement.GetProperty("strategy").GetString());
        CommandLine.RefuseInput(["train", "--model", "glow", "--strategy", "exact-lu", "--out", temp.At("other")], "glow", "conv2d");
    }
}
