using System.Text.Json;
using NativeFlow.Cli;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TheoryTests
{
    [Fact]
    public void The_digits_have_floor_bits_and_an_explained_memorising_bound()
    {
        string text = CommandLine.Succeed("theory", "--lipschitz", "4", "--inverse-lipschitz", "10");
        LikelihoodReport report = LikelihoodReport.Of(DataSource.Open("optdigits"), new TheoryOptions { Lipschitz = 4, InverseLipschitz = 10 });
        foreach (double? value in (double?[])[report.LinearOptimum, report.LinearOptimumWithoutBias, report.GaussianOnTest, report.ConstrainedOptimum, report.PointwiseCeiling, report.PointBound, report.VolumeFloor, report.PpcaCurve[1]])
            Assert.Contains(FormattableString.Invariant($" {Assert.NotNull(value):F4}"), text, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($" {report.BitsPerDim(report.LinearOptimum!.Value):F4} "), text, StringComparison.Ordinal);
        foreach (string words in (string[])["a floor there, no optimum", "inferred", "bounds nothing that generalises", "covariance + I/12", "rank 62 of 64", "exact for affine flows with L = 4, M = 10; no bound for others"])
            Assert.Contains(words, text, StringComparison.Ordinal);
        Assert.DoesNotContain("theoretical optimum", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("-H(p)", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public void A_trained_flow_stands_beside_the_theory()
    {
        using TempFolder temp = new();
        CommandLine.Succeed("train", "--data", "toy:two-moons:1000", "--strategy", "snf-reconstruction", "--model", "snf-fc2", "--epochs", "3", "--out", temp.At("run"));
        string model = Path.Combine(temp.At("run"), "model.safetensors");
        string[] args = ["theory", "--data", "toy:two-moons:1000", "--model", model];
        string text = CommandLine.Succeed(args);
        foreach (string words in (string[])["above linear-flow optimum by", "above -H(p) by", "latent energy", "|E[z z^T] - I|_F", "snf-reconstruction", "to (W R)^T", "exact, D/2 log(2 pi e) - H(p)"])
            Assert.Contains(words, text, StringComparison.Ordinal);
        Assert.DoesNotContain("memorising", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bits/dim", text, StringComparison.Ordinal);

        using JsonDocument json = JsonDocument.Parse(CommandLine.Succeed([.. args, "--json"]));
        using JsonDocument evaluated = JsonDocument.Parse(CommandLine.Succeed("evaluate", model, "--data", "toy:two-moons:1000", "--json"));
        JsonElement root = json.RootElement, test = root.GetProperty("flow").GetProperty("test");
        double nats = test.GetProperty("nats").GetDouble();
        Assert.Equal(evaluated.RootElement.GetProperty("nats").GetDouble(), nats);
        Assert.Equal(nats - root.GetProperty("minus_entropy").GetProperty("nats").GetDouble(), test.GetProperty("above").GetProperty("minus_entropy").GetDouble(), 1e-9);
        Assert.Equal(2, root.GetProperty("covariance_eigenvalues").GetArrayLength());
        Assert.Equal(3, root.GetProperty("ppca").GetArrayLength());
        Assert.Equal(2, root.GetProperty("flow").GetProperty("linear_layers").GetArrayLength());
        Assert.True(root.GetProperty("flow").GetProperty("linear_layers")[0].TryGetProperty("residual_learned", out _));
        Assert.False(root.GetProperty("flow").GetProperty("train").GetProperty("above").TryGetProperty("gaussian_on_test", out _));
        using JsonDocument fewer = JsonDocument.Parse(CommandLine.Succeed([.. args, "--json", "--rows", "50"]));
        Assert.Equal(50, fewer.RootElement.GetProperty("flow").GetProperty("train").GetProperty("rows").GetInt32());
    }

    [Fact]
    public void Too_few_rows_have_no_optimum_until_noise_is_given()
    {
        using TempFolder temp = new();
        string data = CommandLine.PutRows(temp, "few.csv", 12, 12);
        string text = CommandLine.Succeed("theory", "--data", data);
        int rows = DataSource.Open(data).Train.Rows;
        Assert.Contains($"refused  linear-flow optimum: the covariance of {rows} rows has rank {rows - 1} of 12", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nlinear-flow optimum", text, StringComparison.Ordinal);
        Assert.Contains("unlimited", text, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(CommandLine.Succeed("theory", "--data", data, "--json"));
        Assert.False(json.RootElement.TryGetProperty("linear_optimum", out _));
        Assert.Equal(rows - 1, json.RootElement.GetProperty("ppca").GetArrayLength());
        string noisy = CommandLine.Succeed("theory", "--data", data, "--noise", "0.01");
        Assert.Contains("\nlinear-flow optimum", noisy, StringComparison.Ordinal);
        Assert.Contains("count as that (noise)", noisy, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_input_is_one_line()
    {
        using TempFolder temp = new();
        CommandLine.RefuseInput(["theory", "--lipschitz", "0"], "--lipschitz", "above 0");
        CommandLine.RefuseInput(["theory", "--lipschitz", "0.5", "--inverse-lipschitz", "1"], "product must be 1 or more");
        CommandLine.RefuseInput(["theory", "--noise", "-1"], "--noise");
        CommandLine.RefuseInput(["theory", "--model", temp.At("none")], "none");
        CommandLine.RefuseInput(["theory", "--data", CommandLine.PutRows(temp, "a.csv", 40, 3), "--columns", "0,1|2"], "without a context");
        CommandLine.Succeed("train", "--data", "toy:two-moons:200", "--model", "linear", "--epochs", "1", "--out", temp.At("run"));
        CommandLine.RefuseInput(["theory", "--model", Path.Combine(temp.At("run"), "model.safetensors")], "2 features", "64 columns");
    }
}
