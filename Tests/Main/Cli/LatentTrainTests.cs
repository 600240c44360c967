using System.Diagnostics;
using System.Text.Json;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Short trainings of latent-variable models through the command, and what the other commands make of their models.</summary>
public sealed class LatentTrainTests
{
    [Theory]
    [InlineData("vae", "float")]
    [InlineData("vae-nc", "double")]
    [InlineData("hvae", "double")]
    [InlineData("hvae-tc", "float")]
    [InlineData("hvae-whc", "float")]
    public void AFewEpochsGiveAllFilesAndEveryoneSaysTheSame(string model, string dtype)
    {
        using TempFolder temp = new();
        string run = temp.At("run"), file = Path.Combine(run, "model.safetensors");
        using JsonDocument printed = JsonDocument.Parse(CommandLine.Succeed("train", "--model", model, "--data", "bdp:1", "--latent", "4", "--dtype", dtype, "--epochs", "3", "--samples", "20", "--out", run, "--json"));
        JsonElement test = printed.RootElement.GetProperty("test"), bound = test.GetProperty("importance_weighted_bound"), elbo = test.GetProperty("evidence_lower_bound");
        Assert.Equal("lower bound, K = 20", bound.GetProperty("is").GetString());
        Assert.Equal(95, bound.GetProperty("rows").GetInt32());
        Assert.InRange(bound.GetProperty("nats").GetDouble(), -90, -50);
        Assert.InRange(bound.GetProperty("standard_error").GetDouble(), 0.1, 3);
        // More samples, the same draws first: never below.
        Assert.True(bound.GetProperty("nats").GetDouble() >= elbo.GetProperty("nats").GetDouble());
        Assert.Equal(elbo.GetProperty("nats").GetDouble(), elbo.GetProperty("log_likelihood_given_latent").GetDouble() - elbo.GetProperty("divergence").GetDouble(), 9);
        Assert.False(test.TryGetProperty("bose2020_estimate", out _));
        Assert.Equal(3, CommandLine.History(run).Length);
        JsonElement radius = printed.RootElement.GetProperty("radius");
        // The published schedule stands at 9 in its third epoch; the last step has moved it a little.
        if (model[0] == 'h') Assert.Equal(9, radius.GetDouble(), 0.02);
        else Assert.Equal(JsonValueKind.Null, radius.ValueKind);

        using JsonDocument evaluated = JsonDocument.Parse(CommandLine.Succeed("evaluate", file, "--data", "bdp:1", "--samples", "20", "--json"));
        Assert.Equal(bound.GetProperty("nats").GetDouble(), evaluated.RootElement.GetProperty("importance_weighted_bound").GetProperty("nats").GetDouble());
        Assert.Contains($"latent-variable model {model}: 50 features, n = 4", CommandLine.Succeed("info", file), StringComparison.Ordinal);
        CommandLine.Succeed("sample", file, "--count", "7", "--out", temp.At("one.csv"));
        CommandLine.Succeed("sample", file, "--count", "7", "--out", temp.At("two.csv"));
        Assert.Equal(File.ReadAllText(temp.At("one.csv")), File.ReadAllText(temp.At("two.csv")));
        Assert.Equal(7, File.ReadAllLines(temp.At("one.csv")).Count(l => l.Split(',').Length == 50));
        CommandLine.RefuseInput(["score", file, "--data", "bdp:1", "--out", temp.At("scores.csv")], "latent-variable model");
        Assert.False(File.Exists(temp.At("scores.csv")));
    }

    [Fact]
    public void DigitsAreBinarisedAndTheReportNamesItsBounds()
    {
        using TempFolder temp = new();
        string stdout = CommandLine.Succeed("train", "--model", "hvae", "--radius", "1", "--epochs", "2", "--samples", "3", "--hidden", "20", "--out", temp.At("run"));
        Assert.Contains("lower bound, K = 3 importance-weighted samples; 1797 rows", stdout, StringComparison.Ordinal);
        Assert.Contains("cut at 0.5 in validation and test", stdout, StringComparison.Ordinal);
        Assert.Contains("radius 1.0000", stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("log-likelihood", stdout, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0x89, File.ReadAllBytes(temp.At("run/samples.png"))[0]);
        string samples = temp.At("draws.csv");
        CommandLine.Succeed("sample", temp.At("run/model.safetensors"), "--count", "20", "--out", samples);
        Assert.All(File.ReadAllLines(samples).SelectMany(l => l.Split(',')), v => Assert.True(v is "0" or "1", v));
        CommandLine.Succeed("sample", temp.At("run/model.safetensors"), "--count", "4", "--out", temp.At("means.png"));
    }

    [Fact]
    public void TheAuthorsEstimateIsNamedAndLiesBelowTheBoundByTheVolume()
    {
        using TempFolder temp = new();
        string run = temp.At("run");
        using JsonDocument json = JsonDocument.Parse(CommandLine.Succeed("train", "--model", "hvae", "--data", "bdp", "--latent", "6", "--radius", "2", "--epochs", "2", "--samples", "30", "--compat-bose2020", "--out", run, "--json", "--dtype", "double"));
        JsonElement test = json.RootElement.GetProperty("test");
        double bound = test.GetProperty("importance_weighted_bound").GetProperty("nats").GetDouble(), estimate = test.GetProperty("bose2020_estimate").GetProperty("nats").GetDouble();
        // At least (n - 1) log R, and not much more where the posterior is near the origin.
        Assert.InRange(bound - estimate, 5 * Math.Log(2), (5 * Math.Log(2)) + 5);
        Assert.Contains("no bound and no likelihood", test.GetProperty("bose2020_estimate").GetProperty("is").GetString(), StringComparison.Ordinal);
        string text = CommandLine.Succeed("evaluate", Path.Combine(run, "model.safetensors"), "--data", "bdp", "--samples", "30", "--compat-bose2020");
        Assert.Contains(FormattableString.Invariant($"bose2020 estimate {estimate:F3}"), text, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"log p(x) >= {bound:F3}"), text, StringComparison.Ordinal);
    }

    // The right objective and theirs train different models, and theirs pulls the radius down.
    [Fact]
    public void TheAuthorsObjectiveShrinksTheRadius()
    {
        using TempFolder temp = new();
        string[] common = ["train", "--model", "hvae", "--data", "bdp", "--latent", "6", "--radius", "2", "--learn-radius", "--epochs", "60", "--samples", "2", "--json", "--quiet"];
        using JsonDocument right = JsonDocument.Parse(CommandLine.Succeed([.. common, "--out", temp.At("right")])), theirs = JsonDocument.Parse(CommandLine.Succeed([.. common, "--compat-bose2020", "--out", temp.At("theirs")]));
        Assert.True(theirs.RootElement.GetProperty("radius").GetDouble() < right.RootElement.GetProperty("radius").GetDouble() - 0.2);
    }

    [Theory]
    [InlineData("vae-nc")]
    [InlineData("hvae-whc")]
    public void KilledAndResumedEndsBitIdentical(string model)
    {
        using TempFolder temp = new();
        string[] options = ["train", "--model", model, "--data", "bdp", "--latent", "3", "--epochs", "100", "--hidden", "40", "--samples", "5", "--seed", "3", "--threads", "1", "--checkpoint-seconds", "0.05"];
        string whole = temp.At("whole"), killed = temp.At("killed"), checkpoint = Path.Combine(killed, "checkpoint.safetensors");
        CommandLine.Succeed([.. options, "--out", whole]);
        using (Process child = CommandLine.Start([.. options, "--out", killed]))
        {
            CommandLine.WaitFor(() => File.Exists(checkpoint), child);
            Thread.Sleep(30);
            child.Kill();
            child.WaitForExit();
        }

        CommandLine.RefuseInput(["train", "--resume", "--out", killed, "--latent", "2"], "--latent 2", "3");
        CommandLine.Succeed("train", "--resume", "--out", killed, "--threads", "2");
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(killed, "model.safetensors")));
        Assert.Equal(CommandLine.History(whole), CommandLine.History(killed));
        Assert.Equal(100, CommandLine.History(killed).Length);
    }

    [Fact]
    public void TerminationStopsAfterTheStepAndResumeEndsBitIdentical()
    {
        if (OperatingSystem.IsWindows()) return;
        using TempFolder temp = new();
        string[] options = ["train", "--model", "hvae", "--epochs", "30", "--samples", "2", "--seed", "5", "--hidden", "30"];
        string whole = temp.At("whole"), stopped = temp.At("stopped");
        CommandLine.Succeed([.. options, "--out", whole]);
        using Process child = CommandLine.Start([.. options, "--out", stopped]);
        CommandLine.WaitFor(() => File.Exists(Path.Combine(stopped, "checkpoint.safetensors")), child);
        CommandLine.Signal(child, 15);
        Assert.True(child.WaitForExit(60_000));
        Assert.Equal(0, child.ExitCode);
        CommandLine.Succeed("train", "--resume", "--out", stopped);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(stopped, "model.safetensors")));
        Assert.Equal(CommandLine.History(whole), CommandLine.History(stopped));
    }

    [Fact]
    public void CurvatureIsTheRadiusInAnotherWord()
    {
        using TempFolder temp = new();
        string[] common = ["train", "--model", "hvae", "--data", "bdp", "--epochs", "2", "--samples", "2"];
        CommandLine.Succeed([.. common, "--radius", "2", "--out", temp.At("radius")]);
        CommandLine.Succeed([.. common, "--curvature", "-0.25", "--out", temp.At("curvature")]);
        Assert.Equal(File.ReadAllBytes(temp.At("radius/model.safetensors")), File.ReadAllBytes(temp.At("curvature/model.safetensors")));
    }

    [Theory]
    [InlineData("--model hvae --curvature 1", "--curvature '1'", "below 0")]
    [InlineData("--model hvae --curvature 0", "--curvature '0'", "below 0")]
    [InlineData("--model hvae --curvature nan", "--curvature 'nan'", "below 0")]
    [InlineData("--model hvae --curvature -1 --radius 1", "--curvature and --radius", "leave one out")]
    [InlineData("--model hvae --radius -1", "--radius '-1'", "above 0")]
    [InlineData("--model hvae --radius 0", "--radius '0'", "above 0")]
    [InlineData("--model vae --radius 1", "--radius", "flat")]
    [InlineData("--model vae-nc --learn-radius", "--learn-radius", "flat")]
    [InlineData("--model hvae-whc --latent 1", "--latent 2", "hvae-whc")]
    [InlineData("--model hvae-tc --latent 1", "--latent 2", "hvae-tc")]
    [InlineData("--model vae --latent 0", "--latent '0'", "from 1")]
    [InlineData("--model vae --latent 2000000000", "--latent 2000000000", "at most")]
    [InlineData("--model vae --hidden 2000000000", "--hidden 2000000000", "at most")]
    [InlineData("--model vae --beta -1", "--beta '-1'", "0 or more")]
    [InlineData("--model vae --samples 0", "--samples '0'", "from 1")]
    [InlineData("--model vae --likelihood cauchy", "--likelihood 'cauchy'", "bernoulli, gaussian")]
    [InlineData("--model vae --likelihood bernoulli", "from 0 to 1", "Gaussian")]
    [InlineData("--model vae --data optdigits --likelihood gaussian", "--likelihood gaussian", "bernoulli")]
    [InlineData("--model hvae --radius-schedule 11:2", "--radius-schedule '11:2'", "FROM:TO:EPOCHS")]
    [InlineData("--model hvae --radius-schedule 11:0:3", "--radius-schedule TO '0'", "above 0")]
    [InlineData("--model hvae --strategy exact-lu", "--strategy", "flows")]
    [InlineData("--model hvae --standardize", "--standardize", "flows")]
    [InlineData("--model hvae --dequantize columns", "--dequantize", "flows")]
    [InlineData("--model hvae --monitor 5", "--monitor", "flow")]
    [InlineData("--model hvae --batch 1000", "--batch 1000", "220")]
    [InlineData("--model hvae --epochs -1", "--epochs '-1'", "from 1")]
    [InlineData("--model realnvp --latent 2", "--latent", "latent-variable models")]
    [InlineData("--model realnvp --compat-bose2020", "--compat-bose2020", "latent-variable models")]
    [InlineData("--model hvae --data bdp:x", "bdp:x", "seed")]
    public void WhatDoesNotFitIsRefusedInOneLineAndWritesNothing(string options, params string[] fragments)
    {
        using TempFolder temp = new();
        string[] data = options.Contains("--data", StringComparison.Ordinal) ? [] : ["--data", "bdp"];
        CommandLine.RefuseInput(["train", .. options.Split(' '), .. data, "--out", temp.At("run")], fragments);
        Assert.False(Directory.Exists(temp.At("run")));
    }

    [Fact]
    public void BaselinesOfTheDiffusionAreExactAndInOrder()
    {
        using JsonDocument json = JsonDocument.Parse(CommandLine.Succeed("baseline", "--data", "bdp:2", "--json"));
        double[] nats = [.. json.RootElement.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("test_log_likelihood").GetDouble())];
        Assert.Equal(9, nats.Length);
        Assert.Equal(UnitVariancePpca.Fit(DataSource.Open("bdp:2").Train, 2).LogLikelihood(DataSource.Open("bdp:2").Test).Average(), nats[1], 12);
        Assert.True(nats[0] < nats[1] && nats[1] < nats[5] && nats[5] < nats[6] && nats[6] < nats[8]);
        CommandLine.RefuseInput(["baseline", "bdp", "--components", "2"], "--components");
        CommandLine.RefuseInput(["baseline", "bdp", "--data", "bdp"], "twice");
        CommandLine.RefuseInput(["baseline"], "no data");
    }
}
