using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Flows of couplings on hyperbolic space train by name and come back from their file.</summary>
public sealed class HyperbolicPresetTests
{
    [Theory]
    [InlineData("tc", "tangent-coupling")]
    [InlineData("whc", "wrapped-hyperboloid-coupling")]
    public void PresetsTrain(string preset, string kind)
    {
        using TempFolder temp = new();
        string run = temp.At("run"), model = Path.Combine(run, "model.safetensors");
        CommandLine.Succeed("train", "--model", preset, "--data", "toy:two-moons:1000", "--epochs", "10", "--out", run);
        using (Flow<float> flow = Flow<float>.Load(model)) Assert.Equal(8, flow.Transforms.Count(t => t.Kind == kind));
        using JsonDocument report = JsonDocument.Parse(CommandLine.Succeed("evaluate", model, "--data", "toy:two-moons:1000", "--json"));
        // The entropy is 1.0076; a Gaussian cannot come below 1.7.
        Assert.InRange(-report.RootElement.GetProperty("nats").GetDouble(), 1.0, 1.65);
    }

    [Fact]
    public void SplinesOnAWrappedNormalTrainAndComeBack()
    {
        using TempFolder temp = new();
        string run = temp.At("run"), model = Path.Combine(run, "model.safetensors"), data = "toy:hyperbolic-five-gaussians:1000";
        CommandLine.Succeed("train", "--model", "hyperbolic-nsf", "--data", data, "--epochs", "1", "--out", temp.At("short"));
        CommandLine.Succeed("train", "--model", "hyperbolic-nsf", "--data", data, "--epochs", "10", "--out", run);
        Assert.True(Nats(model) > Nats(Path.Combine(temp.At("short"), "model.safetensors")) + 0.1);
        using Flow<float> flow = Flow<float>.Load(model);
        Assert.Equal("wrapped-normal", flow.Base.Kind);
        // To the latent space and back, where the data are.
        float[] x = flow.Sample(200, 3);
        using var tape = new Tape<float>(flow.Backend, flow.Store);
        Var there = flow.Forward(tape, tape.Input(x, 200, 2), new StepContext()).Output, back = flow.Inverse(tape, there, new StepContext()).Output;
        float[] again = new float[400];
        tape.Read(back, again);
        for (int i = 0; i < 400; i++) Assert.Equal(x[i], again[i], 1e-3f * (1 + Math.Abs(x[i])));

        double Nats(string file)
        {
            using JsonDocument report = JsonDocument.Parse(CommandLine.Succeed("evaluate", file, "--data", data, "--json"));
            return report.RootElement.GetProperty("nats").GetDouble();
        }
    }

    [Theory]
    [InlineData("{\"kind\":\"hyperbolic-chart\",\"dimension\":2}", "the point (1.2, 0.4) lies at 1.26491", "inside, |p| < R")]
    [InlineData("{\"kind\":\"hyperbolic-chart\",\"dimension\":2,\"radius\":0}", "radius is 0", "above 0")]
    public void PointsOffTheDiskAreRefusedBeforeAnythingIsWritten(string layer, params string[] fragments)
    {
        using TempFolder temp = new();
        string data = temp.Put("disk.csv", string.Concat(Enumerable.Range(0, 30).Select(i => i == 17 ? "1.2,0.4\n" : FormattableString.Invariant($"{0.01 * i},{0.5 - 0.02 * i}\n"))));
        string recipe = temp.Put("chart.json", $"{{\"layers\":[{layer},{{\"kind\":\"linear\",\"dimension\":2}}]}}");
        CommandLine.RefuseInput(["train", "--model", recipe, "--data", data, "--epochs", "1", "--batch", "5", "--out", temp.At("run")], fragments);
        Assert.False(Directory.Exists(temp.At("run")));
    }

    [Fact]
    public void OneColumnIsRefused()
    {
        using TempFolder temp = new();
        string data = temp.Put("one.csv", "0.5\n1.5\n2.5\n4.5\n5\n6\n7\n8\n9\n1\n2\n3\n");
        CommandLine.RefuseInput(["train", "--model", "whc", "--data", data, "--epochs", "1", "--out", temp.At("run")], "at least 2 features", "has 1");
    }
}
