using System.Text.Json;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>nativeflow audit</c>.</summary>
public sealed class AuditTests
{
    private const int D = 4;

    [Fact]
    public void A_layer_is_audited_and_checked_as_a_bijector()
    {
        string text = CommandLine.Succeed("audit", "--layer", """{"kind":"linear","dimension":4,"strategy":{"name":"snf-published"}}""", "--rows", "8");
        Assert.Contains("linear (snf-published)", text, StringComparison.Ordinal);
        Assert.Contains("layers.0.weight", text, StringComparison.Ordinal);
        Assert.Contains("pass  round trip x, z, x", text, StringComparison.Ordinal);
        Assert.EndsWith("pass: everything is what it declares to be\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_audited_with_its_own_and_with_another_strategy()
    {
        using var folder = new TempFolder();
        (string model, string data) = Model(folder);
        JsonElement own = Audit(0, model, "--data", data), other = Audit(0, model, "--data", data, "--strategy", "snf-published", "--attack");
        Assert.Equal("exact-lu", own.GetProperty("layers")[0].GetProperty("strategy").GetString());
        Assert.Equal("Exact", own.GetProperty("layers")[0].GetProperty("value").GetProperty("kind").GetString());
        JsonElement site = other.GetProperty("layers")[0].GetProperty("sites")[0];
        // The learned inverse that the file lacks is W^-1: half of the exact gradient, and no more than rounding off it.
        Assert.Equal(0.5, site.GetProperty("scale").GetDouble(), 1e-9);
        Assert.Equal(1, site.GetProperty("cosine").GetDouble(), 1e-9);
        Assert.Equal(200, other.GetProperty("attack").GetProperty("steps").GetInt32());
        Assert.InRange(other.GetProperty("attack").GetProperty("attacked").GetDouble(), 0, 1e-3);
    }

    [Fact]
    public void What_is_not_what_it_declares_ends_with_1()
    {
        using var folder = new TempFolder();
        (string model, string data) = Model(folder);
        JsonElement audit = Audit(1, model, "--data", data, "--strategy", """{"name":"relative","bias_without_log_det":true}""");
        Assert.True(audit.GetProperty("failed").GetBoolean());
        Assert.Contains(audit.GetProperty("layers")[0].GetProperty("findings").EnumerateArray(), f => f.GetProperty("level").GetString() == "Failure");
        (_, string text, _) = CommandLine.Run("audit", model, "--data", data, "--strategy", """{"name":"relative","bias_without_log_det":true}""");
        Assert.EndsWith("FAIL: 1 thing is not what it declares to be\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_estimator_replaces_that_of_residual_blocks()
    {
        JsonElement audit = Audit(0, "--layer", """{"kind":"residual","dimension":3,"hidden":[6]}""", "--strategy", "neumann", "--draws", "20", "--rows", "4");
        Assert.Equal("neumann", audit.GetProperty("layers")[0].GetProperty("strategy").GetString());
        Assert.Equal(20, audit.GetProperty("layers")[0].GetProperty("draws").GetInt32());
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        using var folder = new TempFolder();
        (string model, string data) = Model(folder);
        CommandLine.RefuseInput(["audit"], "exactly one of MODEL");
        CommandLine.RefuseInput(["audit", model, "--model", "fc2"], "exactly one of MODEL");
        CommandLine.RefuseInput(["audit", "--layer", "{\"dimension\":3}"], "has no \"kind\"");
        CommandLine.RefuseInput(["audit", "--layer", "{\"kind\":"], "no valid JSON");
        CommandLine.RefuseInput(["audit", "--layer", folder.At("missing.json")], "missing.json");
        CommandLine.RefuseInput(["audit", model, "--data", data, "--strategy", "fft-exact"], "fft-exact", "full matrix", "exact-lu");
        CommandLine.RefuseInput(["audit", model, "--data", data, "--strategy", "nonsense"], "nonsense", "exact-lu");
        CommandLine.RefuseInput(["audit", "--layer", "{\"kind\":\"tanh\",\"dimension\":2}", "--strategy", "relative"], "that it could apply to");
        CommandLine.RefuseInput(["audit", model], "4 features", "64 columns");
        CommandLine.RefuseInput(["audit", model, "--data", data, "--draws", "1"], "--draws");
    }

    private static JsonElement Audit(int code, params string[] args)
    {
        (int actual, string stdout, string stderr) = CommandLine.Run(["audit", .. args, "--json"]);
        Assert.True(actual == code, $"exit code {actual}: {stderr}{stdout}");
        using JsonDocument json = JsonDocument.Parse(stdout);
        return json.RootElement.Clone();
    }

    private static (string Model, string Data) Model(TempFolder folder)
    {
        using var flow = new Flow<float>([new Linear<float>(D)], new StandardNormal<float>(D), 3, new SimdBackend<float>(1));
        flow.Store.Write(flow.Store.Find("layers.0.weight"), Dense.Random(11, D, D, 0.2, addIdentity: true));
        flow.Store.Write(flow.Store.Find("layers.0.bias"), new PhiloxNormals(12).Take(D));
        flow.Save(folder.At("model.safetensors"));
        return (folder.At("model.safetensors"), CommandLine.PutRows(folder, "rows.csv", 200, D));
    }
}
