using System.Text.Json;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Small trainings through the command, and what the other commands make of their models.</summary>
public sealed class TrainTests
{
    [Theory]
    [InlineData("snf-fc2", "float")]
    [InlineData("fc2", "double")]
    [InlineData("spline-fc2", "float")]
    [InlineData("linear", "double")]
    public void TwoEpochsOnTheDigitsGiveAllFiles(string preset, string dtype)
    {
        using TempFolder temp = new();
        string run = temp.At("run");
        string stdout = CommandLine.Succeed("train", "--model", preset, "--dtype", dtype, "--epochs", "2", "--out", run, "--json");
        using JsonDocument printed = JsonDocument.Parse(stdout);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json")));
        JsonElement root = summary.RootElement, test = root.GetProperty("test");
        Assert.Equal(printed.RootElement.GetProperty("test").GetProperty("nats").GetDouble(), test.GetProperty("nats").GetDouble());
        Assert.Equal(3, test.GetProperty("draws").GetInt32());
        Assert.Equal(-test.GetProperty("nats").GetDouble() / (64 * Math.Log(2)), test.GetProperty("bits_per_dim").GetDouble(), 10);
        Assert.InRange(test.GetProperty("bits_per_dim").GetDouble(), 1.5, 3.5);
        Assert.InRange(test.GetProperty("standard_error").GetDouble(), 0.01, 2);
        Assert.True(root.GetProperty("seconds").GetDouble() > 0);
        Assert.NotEmpty(root.GetProperty("strategy").GetString()!);
        Assert.Equal(dtype, root.GetProperty("dtype").GetString());
        foreach (string key in (string[])["seed", "epochs", "parameters", "peak_memory_bytes", "versions", "options", "recipe"]) Assert.True(root.TryGetProperty(key, out _), key);
        Assert.Equal(2, CommandLine.History(run).Length);
        Assert.Equal(0x89, File.ReadAllBytes(Path.Combine(run, "samples.png"))[0]);

        // The exact likelihood is the same whoever asks.
        string model = Path.Combine(run, "model.safetensors");
        using JsonDocument evaluated = JsonDocument.Parse(CommandLine.Succeed("evaluate", model, "--json"));
        Assert.Equal(test.GetProperty("nats").GetDouble(), evaluated.RootElement.GetProperty("nats").GetDouble());
        CommandLine.Succeed("score", model, "--out", temp.At("scores.csv"));
        double[] scores = [.. File.ReadAllLines(temp.At("scores.csv")).Skip(1).Select(l => double.Parse(l, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(1797, scores.Length);
        Assert.Equal(test.GetProperty("nats").GetDouble(), scores.Average(), 9);
    }

    [Fact]
    public void ObjectiveWithoutAValueIsNeverCalledALikelihood()
    {
        using TempFolder temp = new();
        string snf = CommandLine.Succeed("train", "--epochs", "1", "--out", temp.At("snf")), lu = CommandLine.Succeed("train", "--model", "fc2", "--epochs", "1", "--out", temp.At("lu"));
        Assert.Contains("objective [none]", snf, StringComparison.Ordinal);
        Assert.DoesNotContain("train NLL", snf, StringComparison.Ordinal);
        Assert.Contains("train NLL [exact]", lu, StringComparison.Ordinal);
        Assert.Contains("\"objective_kind\":\"none\"", CommandLine.History(temp.At("snf"))[0], StringComparison.Ordinal);
        Assert.Contains("\"objective_kind\":\"exact\"", CommandLine.History(temp.At("lu"))[0], StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', snf);
    }

    [Theory]
    [InlineData("snf-published", "0.01", true)]
    [InlineData("snf-published", "100", false)]
    [InlineData("snf-reconstruction", "0.01", false)]
    public void LambdaBelowTheThresholdWarns(string strategy, string lambda, bool warns)
    {
        using TempFolder temp = new();
        string stdout = CommandLine.Succeed("train", "--strategy", strategy, "--lambda", lambda, "--epochs", "1", "--lr", "0.0001", "--out", temp.At("run"));
        Assert.Equal(warns, stdout.Contains("warning: layers.1: lambda 0.01 is not above the stability threshold", StringComparison.Ordinal));
    }

    [Fact]
    public void StandardizedLikelihoodDiffersByTheLogDeviations()
    {
        using TempFolder temp = new();
        string data = CommandLine.PutRows(temp, "rows.csv", 300, 3);
        using JsonDocument summary = JsonDocument.Parse(CommandLine.Succeed("train", "--data", data, "--standardize", "--model", "linear", "--epochs", "3", "--batch", "20", "--out", temp.At("run"), "--json"));
        Table train = DataSource.Open(data).Train;
        double offset = 0;
        for (int c = 0; c < 3; c++)
        {
            double[] column = [.. Enumerable.Range(0, train.Rows).Select(r => train[r, c])];
            double mean = column.Average();
            offset += 0.5 * Math.Log(column.Average(v => (v - mean) * (v - mean)));
        }

        JsonElement test = summary.RootElement.GetProperty("test");
        Assert.Equal(test.GetProperty("nats").GetDouble() + offset, test.GetProperty("nats_standardized").GetDouble(), 10);
        Assert.NotEqual(0, offset);
    }

    [Fact]
    public void SamplesAreTheSameForTheSameSeedInEveryFormat()
    {
        using TempFolder temp = new();
        CommandLine.Succeed("train", "--epochs", "1", "--out", temp.At("run"));
        string model = temp.At("run/model.safetensors");
        foreach (string name in (string[])["a.npy", "b.npy", "a.csv", "a.png"])
            CommandLine.Succeed("sample", model, "--count", "7", "--seed", "4", "--out", temp.At(name));
        CommandLine.Succeed("sample", model, "--count", "7", "--seed", "5", "--out", temp.At("c.npy"));
        CommandLine.Succeed("sample", model, "--count", "7", "--seed", "4", "--inverse", "learned", "--out", temp.At("d.npy"));
        Assert.Equal(File.ReadAllBytes(temp.At("a.npy")), File.ReadAllBytes(temp.At("b.npy")));
        Assert.NotEqual(File.ReadAllBytes(temp.At("a.npy")), File.ReadAllBytes(temp.At("c.npy")));
        Assert.NotEqual(File.ReadAllBytes(temp.At("a.npy")), File.ReadAllBytes(temp.At("d.npy")));
        Table npy = DataSource.OpenFile(temp.At("a.npy")), csv = DataSource.OpenFile(temp.At("a.csv"));
        Assert.Equal((7, 64), (npy.Rows, npy.Columns));
        for (int r = 0; r < 7; r++)
            for (int c = 0; c < 64; c++)
            {
                Assert.Equal((float)npy[r, c], (float)csv[r, c]);
                // The logit's squeeze lets samples leave the pixel range by alpha/(1 - 2 alpha) of its width.
                Assert.InRange(npy[r, c], -0.174, 17.174);
            }
    }

    [Fact]
    public void InfoNamesLayersAndChecksum()
    {
        using TempFolder temp = new();
        CommandLine.Succeed("train", "--epochs", "1", "--out", temp.At("run"));
        using JsonDocument info = JsonDocument.Parse(CommandLine.Succeed("info", temp.At("run/model.safetensors"), "--json"));
        Assert.Equal(["logit", "linear", "smooth-leaky-relu", "linear"], info.RootElement.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("kind").GetString()));
        Assert.Equal(4 * 64 * 64 + 2 * 64, info.RootElement.GetProperty("parameters").GetInt32());
        Assert.StartsWith("sha256:", info.RootElement.GetProperty("checksum").GetString(), StringComparison.Ordinal);
        Assert.Contains("snf-reconstruction", CommandLine.Succeed("info", temp.At("run/model.safetensors")), StringComparison.Ordinal);
    }

    [Fact]
    public void DivergedTrainingNamesTheNodeAndKeepsTheCheckpoint()
    {
        using TempFolder temp = new();
        (int code, _, string stderr) = CommandLine.Run("train", "--optimizer", "sgd", "--lr", "1e12", "--warmup", "0", "--epochs", "3", "--out", temp.At("run"));
        Assert.Equal(1, code);
        string line = Assert.Single(stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("layers.", line, StringComparison.Ordinal);
        Assert.Contains("checkpoint", line, StringComparison.Ordinal);
        Assert.True(File.Exists(temp.At("run/checkpoint.safetensors")));
        Assert.False(File.Exists(temp.At("run/summary.json")));
        CommandLine.Succeed("info", temp.At("run/checkpoint.safetensors"));
    }
}
