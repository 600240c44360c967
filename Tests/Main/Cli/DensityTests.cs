using System.Text.Json;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Toy densities, noise on quantised columns, baselines and pictures through the command.</summary>
public sealed class DensityTests
{
    [Fact]
    public void AToyIsTrainedOnAndItsEntropyStandsBesideTheLoss()
    {
        using TempFolder temp = new();
        string stdout = CommandLine.Succeed("train", "--data", "toy:two-moons:2000", "--model", "linear", "--epochs", "3", "--out", temp.At("run"));
        Assert.Contains("the density's own entropy is 1.0076", stdout, StringComparison.Ordinal);
        Assert.Matches(@"excess over the truth \(KL\), E\[log p - log q\]: \d\.\d+ \+- 0\.\d+ nats, on the same 10000 rows", stdout);
        JsonElement summary = Json(File.ReadAllText(Path.Combine(temp.At("run"), "summary.json")));
        JsonElement evaluated = Json(CommandLine.Succeed("evaluate", Model(temp), "--data", "toy:two-moons:2000", "--json"));
        double nll = -evaluated.GetProperty("nats").GetDouble();
        Assert.Equal(nll, -summary.GetProperty("test").GetProperty("nats").GetDouble());
        foreach (JsonElement report in (JsonElement[])[summary, evaluated])
        {
            Assert.Equal(1.0075848348, report.GetProperty("entropy").GetProperty("nats").GetDouble());
            // The loss less the entropy is the excess too, but for the luck of the rows: a hundredth of a nat.
            Assert.Equal(nll - 1.0075848348, report.GetProperty("entropy").GetProperty("excess").GetDouble(), 0.04);
            Assert.NotEqual(nll - 1.0075848348, report.GetProperty("entropy").GetProperty("excess").GetDouble(), 1e-9);
            Assert.InRange(report.GetProperty("entropy").GetProperty("excess_standard_error").GetDouble(), 1e-5, 0.02);
        }

        // One matrix fits a Gaussian; the moons are none.
        Assert.InRange(nll, 1.7, 2.5);
        Assert.Equal(10_000, evaluated.GetProperty("rows").GetInt32());
        Assert.Equal(10_001, File.ReadAllLines(Scores(temp, "toy:two-moons")).Length);

        // The run goes by its name, not by a path of it.
        Assert.Equal("toy:two-moons:2000", summary.GetProperty("options").GetProperty("data").GetString());
        Assert.Contains("resume", CommandLine.Succeed("train", "--resume", "--out", temp.At("run"), "--data", "toy:two-moons:2000"), StringComparison.Ordinal);
    }

    [Fact]
    public void QuantisedColumnsGetTheSameNoiseInEveryCommand()
    {
        using TempFolder temp = new();
        string data = Rounded(temp);
        string[] choice = ["--data", data, "--dequantize", "columns"];
        string stdout = CommandLine.Succeed(["train", .. choice, "--standardize", "--model", "linear", "--epochs", "5", "--batch", "50", "--out", temp.At("run")]);
        Assert.Contains("noise  U(0, step) on 2 of 3 columns, seed 0; steps: a 0.5, b none, c 10", stdout, StringComparison.Ordinal);
        JsonElement summary = Json(File.ReadAllText(Path.Combine(temp.At("run"), "summary.json"))), test = summary.GetProperty("test");
        Assert.Equal([0.5, 0, 10], summary.GetProperty("dequantize").GetProperty("steps").EnumerateArray().Select(v => v.GetDouble()));

        JsonElement same = Json(CommandLine.Succeed(["evaluate", Model(temp), .. choice, "--json"]));
        Assert.Equal(test.GetProperty("nats").GetDouble(), same.GetProperty("nats").GetDouble());
        Assert.Equal(test.GetProperty("nats_standardized").GetDouble(), same.GetProperty("nats_standardized").GetDouble(), 4);
        JsonElement without = Json(CommandLine.Succeed("evaluate", Model(temp), "--data", data, "--json"));
        JsonElement other = Json(CommandLine.Succeed("evaluate", Model(temp), "--data", data, "--dequantize", "columns:7", "--json"));
        Assert.NotEqual(same.GetProperty("nats").GetDouble(), without.GetProperty("nats").GetDouble());
        Assert.NotEqual(same.GetProperty("nats").GetDouble(), other.GetProperty("nats").GetDouble());
        Assert.False(without.TryGetProperty("dequantize", out _));
        Assert.Equal(7, other.GetProperty("dequantize").GetProperty("seed").GetInt32());

        // The baseline sees the very same rows: a linear flow is a Gaussian fitted by steps, never better on the training rows than the fitted one.
        JsonElement baseline = Json(CommandLine.Succeed("baseline", data, "--dequantize", "columns", "--components", "2,3", "--json"));
        JsonElement full = baseline.GetProperty("models")[1];
        Assert.Equal("full Gaussian", full.GetProperty("model").GetString());
        double flow = -Json(CommandLine.Succeed(["evaluate", Model(temp), .. choice, "--part", "train", "--json"])).GetProperty("nats_standardized").GetDouble();
        Assert.InRange(flow - full.GetProperty("train_nll").GetDouble(), -1e-4, 1);

        // Another noise is another run.
        CommandLine.RefuseInput(["train", "--resume", "--out", temp.At("run"), "--dequantize", "columns:7"], "--dequantize columns:7", "started with --dequantize columns");
        CommandLine.RefuseInput(["train", "--data", data, "--dequantize", "rows", "--out", temp.At("no")], "--dequantize 'rows'", "columns:SEED");
        CommandLine.RefuseInput(["train", "--dequantize", "columns", "--out", temp.At("no")], "17 integer levels", "leave out --dequantize");
        CommandLine.RefuseInput(["train", "--data", "toy:rings", "--dequantize", "columns", "--out", temp.At("no")], "is continuous");
        CommandLine.RefuseInput(["evaluate", Model(temp), "--data", data, "--dequantize", "columns", "--part", "all"], "--part all", "training rows");
    }

    [Fact]
    public void TheBestValidationIsWhatTheModelFileGets()
    {
        using TempFolder temp = new();
        string data = Rounded(temp);
        CommandLine.Succeed("train", "--data", data, "--dequantize", "columns", "--standardize", "--model", "spline-fc2", "--epochs", "40", "--lr", "0.05", "--batch", "20", "--out", temp.At("run"));
        double[] validation = [.. CommandLine.History(temp.At("run")).Select(l => Json(l)).Where(j => j.TryGetProperty("validation", out _)).Select(j => j.GetProperty("validation").GetProperty("nats").GetDouble())];
        JsonElement summary = Json(File.ReadAllText(Path.Combine(temp.At("run"), "summary.json"))).GetProperty("validation");
        Assert.True(validation.Length == 40, $"{validation.Length} validations");
        Assert.Equal(validation.Max(), summary.GetProperty("nats").GetDouble());
        Assert.Equal(1 + Array.IndexOf(validation, validation.Max()), summary.GetProperty("best_epoch").GetInt32());
        Assert.True(validation[^1] < validation.Max(), "the last epoch must not be the best for this test to say anything");
        JsonElement again = Json(CommandLine.Succeed("evaluate", Model(temp), "--data", data, "--dequantize", "columns", "--part", "validation", "--json"));
        Assert.Equal(validation.Max(), again.GetProperty("nats").GetDouble(), 5);
    }

    [Fact]
    public void TheBaselineIsATableAndJson()
    {
        string stdout = CommandLine.Succeed("baseline", "toy:eight-gaussians:3000", "--components", "4,8");
        string[] lines = stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("data   toy:eight-gaussians: 3000 train, 600 validation, 10000 test rows x 2", lines[0], StringComparison.Ordinal);
        Assert.Contains("the density's own entropy", lines[^1], StringComparison.Ordinal);
        JsonElement report = Json(CommandLine.Succeed("baseline", "toy:eight-gaussians:3000", "--components", "4,8", "--json"));
        JsonElement[] models = [.. report.GetProperty("models").EnumerateArray()];
        Assert.Equal([1, 1, 4, 8], models.Select(m => m.GetProperty("components").GetInt32()));
        JsonElement chosen = Assert.Single(models, m => m.GetProperty("chosen").GetBoolean());
        Assert.Equal(8, chosen.GetProperty("components").GetInt32());

        // Eight normals fit eight normals: what is lost is 47 fitted numbers' worth, 47/2/3000 nats, and the luck of the test rows.
        double excess = chosen.GetProperty("test_nll").GetDouble() - report.GetProperty("entropy").GetDouble();
        Assert.InRange(excess, -0.04, 0.05);
        Assert.Equal(lines.Single(l => l.Contains("< by validation", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[7], chosen.GetProperty("test_nll").GetDouble().ToString("F3", System.Globalization.CultureInfo.InvariantCulture));
    }

    [SharedDataFact]
    public void WithoutNoiseTheBaselinesAreThoseMeasuredElsewhere()
    {
        // Measured on the same rows by another program, to two decimals.
        foreach ((string file, string split, string columns, double diagonal, double full) in (ReadOnlySpan<(string, string, string, double, double)>)
            [("winequality-red.csv", "winequality-red", "0-10", -15.71, -13.25), ("power-plant.tsv", "power-plant", "0-4", -7.00, -4.67), ("wdbc.csv", "wdbc", "0,1,4-21,24-29", -38.56, -18.84)])
        {
            JsonElement models = Json(CommandLine.Succeed("baseline", SharedData.At("tabular", file), "--columns", columns, "--split", SharedData.At("splits", split + ".split"), "--components", "2", "--json")).GetProperty("models");
            Assert.Equal(-diagonal, models[0].GetProperty("test_nll").GetDouble(), 0.00501);
            Assert.Equal(-full, models[1].GetProperty("test_nll").GetDouble(), 0.00501);
        }
    }

    [Theory]
    [InlineData("--components 1", "'1'", "from 2 on")]
    [InlineData("--components 2,2", "2 is there twice")]
    [InlineData("--components 2,x", "'x'")]
    [InlineData("--components 5000", "2000 training rows")]
    [InlineData("--dequantize columns", "is continuous")]
    public void ABadBaselineIsNamed(string options, params string[] fragments) => CommandLine.RefuseInput(["baseline", "toy:rings:2000", .. options.Split(' ')], fragments);

    [Fact]
    public void BaselineTakesNoImages() => CommandLine.RefuseInput(["baseline", "optdigits"], "17 integer levels", "continuous");

    [Fact]
    public void AModelOfThePlaneIsPictured()
    {
        using TempFolder temp = new();
        CommandLine.Succeed("train", "--data", "toy:eight-gaussians:2000", "--model", "spline-fc2", "--epochs", "3", "--out", temp.At("run"));
        string png = temp.At("a.png"), svg = temp.At("a.svg");
        JsonElement report = Json(CommandLine.Succeed("plot", Model(temp), "-o", png, "--size", "160", "--count", "300", "--bounds=-7,7,-7,7", "--json"));
        Assert.InRange(report.GetProperty("mass").GetDouble(), 0.98, 1.01);
        byte[] bytes = File.ReadAllBytes(png);
        Assert.Equal((3 * 160 + 96, 160 + 58), (bytes[18] << 8 | bytes[19], bytes[22] << 8 | bytes[23]));
        CommandLine.Succeed("plot", Model(temp), "--out", temp.At("b.png"), "--size", "160", "--count", "300", "--bounds=-7,7,-7,7", "--threads", "2");
        Assert.Equal(bytes, File.ReadAllBytes(temp.At("b.png")));
        Assert.Contains("300 samples and the latent grid", CommandLine.Succeed("plot", Model(temp), "-o", svg, "--size", "160", "--count", "300"), StringComparison.Ordinal);
        System.Xml.Linq.XElement root = System.Xml.Linq.XDocument.Load(svg).Root!;
        Assert.Equal(26, root.Descendants().Count(e => e.Name.LocalName == "polyline"));
        Assert.InRange(root.Descendants().Count(e => e.Name.LocalName == "circle"), 280, 300);
        Assert.Single(root.Descendants(), e => e.Name.LocalName == "image");

        CommandLine.RefuseInput(["plot", Model(temp), "-o", temp.At("a.jpg")], "a.jpg", ".png or .svg");
        CommandLine.RefuseInput(["plot", Model(temp), "-o", png, "--bounds", "1,2,3"], "four numbers");
        CommandLine.RefuseInput(["plot", Model(temp), "-o", png, "--bounds", "2,1,0,1"], "LEFT must lie below RIGHT");
        CommandLine.RefuseInput(["plot", Model(temp), "-o", png, "--size", "9999"], "at most 4096");
        CommandLine.RefuseInput(["plot", Model(temp), "-o", png, "--size", "100"], "--size '100'", "from 160");
        CommandLine.RefuseInput(["plot", temp.At("absent"), "-o", png], "absent");
    }

    [Fact]
    public void AModelOfMoreFeaturesIsNotPictured()
    {
        using TempFolder temp = new();
        CommandLine.Succeed("train", "--data", Rounded(temp), "--model", "linear", "--epochs", "1", "--out", temp.At("run"));
        CommandLine.RefuseInput(["plot", Model(temp), "-o", temp.At("a.png")], "has 3 features", "models of two");
    }

    [Theory]
    [InlineData("""{"kind":"student-t","dimension":2}""", 10)]
    [InlineData("""{"kind":"full-gaussian-mixture","dimension":2,"components":8,"seed":3}""", 60)]
    [InlineData("""{"kind":"diagonal-normal","dimension":2,"loc":[0.5,0],"trainable":false}""", 4)]
    public void ARecipeCanHaveAnyBase(string given, int parameters)
    {
        using TempFolder temp = new();
        string recipe = temp.Put("recipe.json", $$"""{"layers":[{"kind":"actnorm","channels":2}],"base":{{given}}}""");
        CommandLine.Succeed("train", "--data", "toy:eight-gaussians:2000", "--model", recipe, "--epochs", "4", "--lr", "0.05", "--out", temp.At("run"));
        JsonElement info = Json(CommandLine.Succeed("info", Model(temp), "--json"));
        JsonElement kind = JsonDocument.Parse(given).RootElement.GetProperty("kind");
        Assert.Equal(kind.GetString(), info.GetProperty("base").GetString());
        Assert.Equal(parameters, info.GetProperty("parameters").GetInt32());
        Assert.Equal(Json(File.ReadAllText(Path.Combine(temp.At("run"), "summary.json"))).GetProperty("test").GetProperty("nats").GetDouble(), Json(CommandLine.Succeed("evaluate", Model(temp), "--data", "toy:eight-gaussians:2000", "--json")).GetProperty("nats").GetDouble());
        CommandLine.Succeed("sample", Model(temp), "--count", "50", "--out", temp.At("s.csv"));
        CommandLine.Succeed("plot", Model(temp), "--size", "160", "-o", temp.At("p.png"));
        CommandLine.RefuseInput(["train", "--data", "toy:rings", "--model", temp.Put("bad.json", """{"layers":[{"kind":"actnorm","channels":2}],"base":{"kind":"laplace","dimension":3}}"""), "--out", temp.At("no")], "the base has 3 features", "2 columns");
        CommandLine.RefuseInput(["train", "--data", "toy:rings", "--model", temp.Put("worse.json", """{"layers":[{"kind":"actnorm","channels":2}],"base":{"kind":"lapalce","dimension":2}}"""), "--out", temp.At("no")], "no base distribution 'lapalce'", "laplace");
    }

    private static string Scores(TempFolder temp, string data)
    {
        CommandLine.Succeed("score", Model(temp), "--data", data, "--out", temp.At("scores.csv"));
        return temp.At("scores.csv");
    }

    private static string Model(TempFolder temp) => Path.Combine(temp.At("run"), "model.safetensors");

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    // 400 rows; a in halves, b continuous, c in tens, correlated.
    private static string Rounded(TempFolder temp)
    {
        double[] e = new PhiloxNormals(5).Take(1200);
        IEnumerable<string> lines = Enumerable.Range(0, 400).Select(i => FormattableString.Invariant($"{Math.Round(4 * e[3 * i]) / 2},{e[3 * i] + e[3 * i + 1]:R},{Math.Round(3 * (e[3 * i + 1] + e[3 * i + 2])) * 10}"));
        return temp.Put("rounded.csv", "a,b,c\n" + string.Join('\n', lines) + "\n");
    }
}
