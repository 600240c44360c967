using System.Text.Json;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>train --strategy</c> on matrices, convolutions, residual and continuous layers; what does not fit is refused when the model is built.</summary>
public sealed class StrategyOptionTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("residual", "roulette", "roulette", "log_det")]
    [InlineData("residual", "brute-force", "exact", "log_det")]
    [InlineData("residual", "exact", "exact", "log_det")]
    [InlineData("residual", """{"name":"slq","steps":3,"probes":2}""", "slq", "\"steps\":3,\"probes\":2")]
    [InlineData("cnf", "hutchinson", "hutchinson", "\"trace\":\"hutchinson\"")]
    [InlineData("cnf", """{"name":"hutchinson","probe":"gaussian"}""", "hutchinson", "\"probe\":\"gaussian\"")]
    [InlineData("cnf", "brute-force", "exact", "\"trace\":\"exact\"")]
    [InlineData("fc2", """{"name":"truncated","terms":4,"rows":8,"lipschitz":0.99}""", "truncated", "\"terms\":4")]
    [InlineData("fc2", """{"name":"stale-inverse","every":3}""", "stale-inverse", "\"every\":3")]
    public void A_strategy_reaches_the_layers_that_take_it(string model, string strategy, string name, string recipe)
    {
        string data = CommandLine.PutRows(_temp, "rows.csv", 120, 3), run = _temp.At("run");
        CommandLine.Succeed("train", "--data", data, "--model", model, "--strategy", strategy, "--epochs", "1", "--batch", "30", "--lr", "0.0001", "--out", run);
        string info = CommandLine.Succeed("info", Path.Combine(run, "model.safetensors"));
        Assert.Contains(recipe, info, StringComparison.Ordinal);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "summary.json")));
        Assert.Equal(name, summary.RootElement.GetProperty("strategy").GetString());
    }

    [Theory]
    [InlineData("residual", "snf-published", "layers.2 (residual)", "roulette, neumann")]
    [InlineData("residual", "banded-exact", "layers.2 (residual)", "determinant-lemma")]
    [InlineData("cnf", "roulette", "layers.2 (cnf)", "exact, hutchinson")]
    [InlineData("fc2", "banded-exact", "layers.0", "linear", "exact-lu")]
    [InlineData("fc2", "determinant-lemma", "layers.0 (linear)", "exact-lu")]
    [InlineData("fc2", "hutchinson", "layers.0 (linear)", "exact-lu")]
    [InlineData("residual", "determinant-lemma", "layers.2", "residual", "narrower")]
    [InlineData("residual", """{"name":"roulette","stop":0.5}""", "layers.2: residual: log_det", "infinite variance")]
    public void What_does_not_fit_is_refused(string model, string strategy, params string[] fragments)
    {
        string data = CommandLine.PutRows(_temp, "rows.csv", 120, 3);
        CommandLine.RefuseInput(["train", "--data", data, "--model", model, "--strategy", strategy, "--batch", "30", "--out", _temp.At("run")], fragments);
        Assert.False(Directory.Exists(_temp.At("run")));
    }

    [Theory]
    [InlineData("""{"kind":"residual","dimension":3,"hidden":[8],"log_det":{"name":"snf-published"}}""", "layers.0: residual", "snf-published", "any differentiable block", "exact, determinant-lemma, truncated")]
    [InlineData("""{"kind":"linear","dimension":3,"strategy":{"name":"fft-exact"}}""", "layers.0: linear", "fft-exact", "a full matrix", "exact-lu")]
    [InlineData("""{"kind":"linear","dimension":3,"strategy":{"name":"determinant-lemma"}}""", "layers.0: linear", "determinant-lemma", "a full matrix", "exact-lu")]
    [InlineData("""{"kind":"recomputed","layers":[{"kind":"sigmoid","dimension":3},{"kind":"linear","dimension":3,"strategy":{"name":"banded-exact"}}]}""", "layers.0: layers.1: linear", "banded-exact", "exact-lu")]
    [InlineData("""{"kind":"multi-scale","dimension":3,"levels":[{"layers":[{"kind":"residual","dimension":3,"log_det":{"name":"relative"}}],"leave":0}]}""", "layers.0", "residual", "relative", "roulette")]
    [InlineData("""{"kind":"cnf","dimension":3,"trace":"slq"}""", "layers.0: cnf", "slq", "exact, hutchinson")]
    public void A_recipe_is_refused_with_layer_and_alternatives(string layer, params string[] fragments)
    {
        string data = CommandLine.PutRows(_temp, "rows.csv", 120, 3), recipe = _temp.At("recipe.json");
        File.WriteAllText(recipe, $$"""{"layers":[{{layer}}]}""");
        CommandLine.RefuseInput(["train", "--data", data, "--model", recipe, "--batch", "30", "--out", _temp.At("run")], fragments);
    }

    [Theory]
    [InlineData("""{"kind":"conv2d","channels":1,"height":8,"width":8,"strategy":{"name":"fft-exact"}}""", "layers.0: conv2d", "fft-exact", "padded with zeros", "banded-exact")]
    [InlineData("""{"kind":"conv2d","channels":1,"height":8,"width":8,"padding":"circular","strategy":{"name":"relative"}}""", "layers.0: conv2d", "relative", "a circular convolution", "fft-exact")]
    public void A_convolution_refuses_likewise(string layer, params string[] fragments)
    {
        string recipe = _temp.At("recipe.json");
        File.WriteAllText(recipe, $$"""{"layers":[{{layer}}]}""");
        CommandLine.RefuseInput(["train", "--model", recipe, "--out", _temp.At("run")], fragments);
    }

    [Theory]
    [InlineData("{oops", "--strategy", "JSON")]
    [InlineData("""{"terms":3}""", "--strategy", "name")]
    [InlineData("""{"name":"slq","name":"slq"}""", "--strategy")]
    [InlineData("""{"name":"slq","terms":3}""", "terms", "steps")]
    [InlineData("""{"name":"guess"}""", "guess", "slq", "hutchinson")]
    public void Nonsense_is_one_line(string strategy, params string[] fragments)
        => CommandLine.RefuseInput(["train", "--model", "fc2", "--strategy", strategy, "--out", _temp.At("run")], fragments);

    [Fact]
    public void An_option_given_twice_is_refused()
        => CommandLine.RefuseInput(["train", "--model", "fc2", "--strategy", """{"name":"slq","probes":2}""", "--probes", "3", "--out", _temp.At("run")], "--probes", "already");

    [Fact]
    public void A_series_stops_where_the_matrix_expands()
    {
        // Rows a tenth as wide as the base density: W must grow to 10.
        string data = _temp.At("narrow.csv"), run = _temp.At("run");
        File.WriteAllLines(data, Dense.Random(1, 120, 3, 0.1).Chunk(3).Select(r => FormattableString.Invariant($"{r[0]:R},{r[1]:R},{r[2]:R}")));
        string[] args = ["train", "--data", data, "--model", "linear", "--strategy", "roulette", "--epochs", "200", "--batch", "30", "--lr", "0.1", "--out", run];
        (int code, _, string stderr) = CommandLine.Run(args);
        Assert.Equal(1, code);
        Assert.Contains("'layers.0'", stderr, StringComparison.Ordinal);
        Assert.Contains("roulette", stderr, StringComparison.Ordinal);
        Assert.Contains("lipschitz = 0.9", stderr, StringComparison.Ordinal);
        Assert.Single(stderr.Trim().Split('\n'));
    }
}
