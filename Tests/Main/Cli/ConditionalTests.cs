using System.Globalization;
using System.Text;
using System.Text.Json;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A conditional flow from a file to samples, by commands.</summary>
public sealed class ConditionalTests
{
    private const string Recipe = """
        {"version":1,"dtype":"float","seed":1,"layers":[{"kind":"coupling","mask":[0,1],"context":1,"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp","hidden":[8],"activation":"tanh"}},
        {"kind":"coupling","mask":[1,0],"context":1,"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp","hidden":[8],"activation":"tanh"}}],"base":{"kind":"standard-normal","dimension":2}}
        """;

    [Fact]
    public void TrainedEvaluatedAndSampledGivenAColumn()
    {
        using var temp = new TempFolder();
        string data = Data(temp), recipe = temp.Put("model.json", Recipe), run = temp.At("run"), model = temp.At("run/model.safetensors");
        using JsonDocument summary = JsonDocument.Parse(CommandLine.Succeed("train", "--data", data, "--columns", "a,b", "--context-columns", "c", "--model", recipe, "--epochs", "200", "--lr", "0.02", "--out", run, "--json"));
        double nats = summary.RootElement.GetProperty("test").GetProperty("nats").GetDouble();
        // a = 3 c + 0.1 e, b = e: without c the spread of a alone costs log 30 more.
        Assert.InRange(nats, -(Math.Log(2 * Math.PI * Math.E) + Math.Log(0.1)) - 0.6, 0.6);
        using JsonDocument evaluated = JsonDocument.Parse(CommandLine.Succeed("evaluate", model, "--data", data, "--columns", "a,b|c", "--json"));
        Assert.Equal(nats, evaluated.RootElement.GetProperty("nats").GetDouble(), 1e-5);
        using JsonDocument info = JsonDocument.Parse(CommandLine.Succeed("info", model, "--json"));
        Assert.Equal(1, info.RootElement.GetProperty("context").GetInt32());

        CommandLine.Succeed("sample", model, "--count", "50", "--context", "2", "--out", temp.At("x.csv"));
        double mean = File.ReadAllLines(temp.At("x.csv")).Average(l => double.Parse(l.Split(',')[0], CultureInfo.InvariantCulture));
        Assert.Equal(6, mean, 0.5);
    }

    [Fact]
    public void AContextThatDoesNotFitIsRefused()
    {
        using var temp = new TempFolder();
        string data = Data(temp), recipe = temp.Put("model.json", Recipe);
        CommandLine.RefuseInput(["train", "--data", data, "--columns", "a,b", "--model", recipe, "--out", temp.At("run")], "context of 1 columns", "has 0", "--context-columns");
        CommandLine.RefuseInput(["train", "--data", data, "--columns", "a,b|", "--model", recipe, "--out", temp.At("run")], "nothing behind its bar");
        CommandLine.RefuseInput(["train", "--data", data, "--columns", "a|b|c", "--model", recipe, "--out", temp.At("run")], "more than one bar");
        CommandLine.RefuseInput(["train", "--data", data, "--context-columns", "b,c", "--model", recipe, "--out", temp.At("run")], "2 features", "1 columns");
        CommandLine.Succeed("train", "--data", data, "--columns", "a,b|c", "--model", recipe, "--epochs", "1", "--out", temp.At("run"));
        string model = temp.At("run/model.safetensors");
        CommandLine.RefuseInput(["evaluate", model, "--data", data, "--columns", "a,b"], "takes a context of 1", "has 0");
        CommandLine.RefuseInput(["sample", model, "--out", temp.At("x.csv")], "takes a context of 1 numbers, 0 are given");
        CommandLine.RefuseInput(["sample", model, "--context", "1,2", "--out", temp.At("x.csv")], "2 are given");
        CommandLine.RefuseInput(["sample", model, "--context", "east", "--out", temp.At("x.csv")], "'east' is no finite number");
    }

    [Fact]
    public void ABoundIsNotReportedAsALikelihood()
    {
        using var temp = new TempFolder();
        string recipe = temp.Put("model.json", """{"version":1,"layers":[{"kind":"variational-dequantization","dimension":3,"noise":[]}],"base":{"kind":"standard-normal","dimension":3}}""");
        CommandLine.RefuseInput(["train", "--data", Data(temp), "--model", recipe, "--out", temp.At("run")], "lower bound");
    }

    private static string Data(TempFolder temp)
    {
        var noise = new double[3 * 900];
        RandomFill.Gaussian<double>(8, 0, 0, noise);
        var text = new StringBuilder("a,b,c\n");
        for (int i = 0; i < 900; i++) text.Append(CultureInfo.InvariantCulture, $"{(3 * noise[3 * i]) + (0.1 * noise[(3 * i) + 1]):R},{noise[(3 * i) + 2]:R},{noise[3 * i]:R}\n");
        return temp.Put("data.csv", text.ToString());
    }
}
