using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The command that trains strategies beside each other.</summary>
public sealed partial class CompareTests
{
    private const string Data = "mixing:10:400:3:4";
    private const string All = "exact-lu,snf-published,snf-reconstruction,relative,stale-inverse:every=3,newton-schulz:every=3,snf-published-probes";

    private static readonly string[] Small = ["compare", "--data", Data, "--steps", "24", "--batch", "20", "--points", "4", "--strategies", All];

    [Fact]
    public void TheSameStepsGiveTheSameNumbersApartFromTimes()
    {
        string[] args = [.. Small, "--seeds", "0-1", "--json"];
        JsonElement first = Records(args), second = Records(args), threads = Records([.. args, "--threads", "2"]);
        Assert.Equal(14, first.GetArrayLength());
        Assert.Equal(WithoutTimes(first), WithoutTimes(second));
        Assert.Equal(WithoutTimes(first), WithoutTimes(threads));
        Assert.NotEqual(Of(first, 0, "exact-lu").GetProperty("test_nll").GetDouble(), Of(first, 1, "exact-lu").GetProperty("test_nll").GetDouble());
    }

    [Fact]
    public void EveryRunStartsFromTheSameModelAndIsMeasured()
    {
        JsonElement records = Records([.. Small, "--json"]);
        double start = Point(Of(records, 0, "exact-lu"), 0).GetProperty("nll").GetDouble();
        foreach (JsonElement r in records.EnumerateArray())
        {
            string name = r.GetProperty("strategy").GetString()!;
            Assert.Equal(24, r.GetProperty("steps").GetInt64());
            Assert.Equal(4, r.GetProperty("dimension").GetInt32());
            Assert.Equal(0, r.GetProperty("divergences").GetInt32());
            Assert.Equal(JsonValueKind.Null, r.GetProperty("failure").ValueKind);
            Assert.Equal(5, r.GetProperty("curve").GetArrayLength());
            Assert.Equal(0, Point(r, 0).GetProperty("step").GetInt64());
            Assert.Equal(24, Point(r, 4).GetProperty("step").GetInt64());
            Assert.Equal(start, Point(r, 0).GetProperty("nll").GetDouble());
            Assert.True(Point(r, 4).GetProperty("nll").GetDouble() < start, name);
            Assert.InRange(r.GetProperty("test_nll").GetDouble(), 1, 6);
            Assert.True(r.GetProperty("test_nll_error").GetDouble() > 0);
            Assert.True(r.GetProperty("step_milliseconds").GetDouble() > 0);
            Assert.True(r.GetProperty("peak_bytes").GetInt64() > 0);
            Assert.Equal(name.StartsWith("snf-", StringComparison.Ordinal), r.GetProperty("reconstruction").ValueKind == JsonValueKind.Number);
            Assert.Equal(name == "exact-lu", r.GetProperty("bias").ValueKind == JsonValueKind.Number);
        }

        // R starts at W^T and W near the identity, the cached inverses are exact at the start, and the relative gradient is a preconditioned one.
        Assert.Equal(1, Cosine("exact-lu", 4), 6);
        Assert.Equal(1, Cosine("stale-inverse:every=3", 0), 6);
        Assert.InRange(Cosine("stale-inverse:every=3", 4), 0.9, 1);
        Assert.InRange(Cosine("snf-reconstruction", 0), 0.9, 1);
        Assert.Equal(0, Of(records, 0, "exact-lu").GetProperty("bias").GetDouble(), 4);

        // Rows B = 20, features D = 4: forward and weight's gradient of both layers, one input's gradient, two LU with inverse.
        Assert.Equal((2.0 * 20 * 16 * 5) + (2 * 2 * 64), Of(records, 0, "exact-lu").GetProperty("step_flops").GetDouble());

        double Cosine(string name, int point) => Point(Of(records, 0, name), point).GetProperty("cosine").GetDouble();
    }

    [Fact]
    public void LookingDoesNotDisturbTraining()
    {
        string[] args = ["compare", "--data", Data, "--steps", "25", "--batch", "20", "--strategies", All, "--json", "--points"];
        JsonElement few = Records([.. args, "1"]), many = Records([.. args, "9"]);
        for (int i = 0; i < few.GetArrayLength(); i++)
            Assert.Equal(Point(few[i], 1).GetProperty("nll").GetDouble(), Point(many[i], many[i].GetProperty("curve").GetArrayLength() - 1).GetProperty("nll").GetDouble());
    }

    [Fact]
    public void StrategiesComeAsJsonAndWithTheirOwnTraining()
    {
        string[] same = ["stale-inverse:every=3:lr=0.01:optimizer=sgd:momentum=0.5:clip=2", "{\"name\":\"stale-inverse\",\"every\":3}:momentum=0.5:clip=2:optimizer=sgd:lr=0.01"];
        JsonElement records = Records("compare", "--data", Data, "--steps", "12", "--batch", "20", "--points", "2", "--strategies", string.Join(',', same) + ",truncated:terms=4,free-form:probes=2", "--json");
        Assert.Equal([.. same, "truncated:terms=4", "free-form:probes=2"], records.EnumerateArray().Select(r => r.GetProperty("strategy").GetString()));
        Assert.Equal("sgd momentum 0.5, lr 0.01, clip 2", records[0].GetProperty("training").GetString());
        Assert.Equal(records[0].GetProperty("curve")[2].GetProperty("nll").GetDouble(), records[1].GetProperty("curve")[2].GetProperty("nll").GetDouble());
        Assert.Equal(JsonValueKind.Number, records[2].GetProperty("bias").ValueKind);
        Assert.True(records[2].GetProperty("variance").GetDouble() >= 0);
        // 12 B D^2 + 4 K B D^2, less the first layer's input gradient.
        Assert.Equal((2 * 20.0 * 20 * 16) - (2 * 20 * 16), records[3].GetProperty("step_flops").GetDouble());
    }

    [Theory]
    [InlineData("wall")]
    [InlineData("cpu")]
    public void SecondsOfTrainingAreTheBudgetOfEveryRun(string clock)
    {
        JsonElement records = Records("compare", "--data", Data, "--seconds", "0.2", "--clock", clock, "--batch", "20", "--points", "3", "--strategies", "exact-lu,relative", "--json");
        foreach (JsonElement r in records.EnumerateArray())
        {
            Assert.True(r.GetProperty("seconds").GetDouble() >= 0.2);
            Assert.True(r.GetProperty("steps").GetInt64() > 0);
            Assert.Equal(JsonValueKind.Number, r.GetProperty("test_nll").ValueKind);
            Assert.True(Point(r, r.GetProperty("curve").GetArrayLength() - 1).GetProperty("seconds").GetDouble() >= 0.2);
        }
    }

    [Fact]
    public void ADivergingStrategyIsReportedAndTheOthersGoOn()
    {
        JsonElement records = Records([.. Small, "--lr", "snf-published=1e30,stale-inverse:every=3=1e30", "--json"]);
        foreach (string name in (string[])["snf-published", "stale-inverse:every=3"])
        {
            JsonElement bad = Of(records, 0, name);
            Assert.Equal(1, bad.GetProperty("divergences").GetInt32());
            Assert.False(string.IsNullOrWhiteSpace(bad.GetProperty("failure").GetString()));
            Assert.DoesNotContain("\n", bad.GetProperty("failure").GetString(), StringComparison.Ordinal);
            Assert.Equal(JsonValueKind.Null, bad.GetProperty("test_nll").ValueKind);
            Assert.True(bad.GetProperty("steps").GetInt64() < 24);
        }

        JsonElement plain = Records([.. Small, "--json"]);
        Assert.Equal(WithoutTimes(Of(plain, 0, "exact-lu")), WithoutTimes(Of(records, 0, "exact-lu")));
        string table = CommandLine.Succeed([.. Small, "--lr", "snf-published=1e30", "--quiet"]);
        Assert.Matches("(?m)^snf-published +1 +1 +- ", table);
        Assert.Contains("diverged: snf-published, " + Data, table, StringComparison.Ordinal);
    }

    [Fact]
    public void AComparisonResumedGivesTheSameNumbers()
    {
        using TempFolder temp = new();
        string[] args = ["compare", "--data", Data, "--steps", "6000", "--batch", "20", "--points", "6", "--strategies", All, "--seeds", "0,1"];
        string whole = temp.At("whole"), killed = temp.At("killed");
        CommandLine.Succeed([.. args, "--out", whole, "--quiet"]);
        for (int kill = 0; kill < 2; kill++)
        {
            var known = Files(killed);
            using Process child = CommandLine.Start([.. kill == 0 ? args : ["compare", "--resume"], "--out", killed, "--checkpoint-seconds", "0.001"]);
            CommandLine.WaitFor(() => Files(killed).Except(known).Any(f => f.Path.EndsWith(".safetensors", StringComparison.Ordinal)), child);
            Thread.Sleep(40 * kill);
            child.Kill();
            child.WaitForExit();
        }

        File.AppendAllText(Path.Combine(killed, "results.jsonl"), "{\"strategy\":\"exa");
        JsonElement resumed = Records("compare", "--resume", "--out", killed, "--json", "--steps", "6000"), once = Records("compare", "--resume", "--out", whole, "--json");
        Assert.Equal(14, once.GetArrayLength());
        Assert.Equal(WithoutTimes(once), WithoutTimes(resumed));
        Assert.Equal(["config.json", "curves.csv", "report.html", "report.md", "results.jsonl", "runs.csv"], Directory.GetFiles(killed).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(14, File.ReadAllLines(Path.Combine(killed, "results.jsonl")).Length);
    }

    [InterruptFact]
    public void CtrlCStopsAndSaysHowToGoOn()
    {
        using TempFolder temp = new();
        string folder = temp.At("run");
        using Process child = CommandLine.Start("compare", "--data", Data, "--steps", "100000000", "--strategies", "exact-lu,relative", "--batch", "20", "--out", folder);
        CommandLine.WaitFor(() => File.Exists(Path.Combine(folder, "config.json")), child);
        Thread.Sleep(300);
        CommandLine.Signal(child, 2);
        Assert.True(child.WaitForExit(60_000));
        Assert.Equal(0, child.ExitCode);
        Assert.Equal(2, Directory.GetFiles(folder, "run-*.safetensors").Length);
    }

    [Fact]
    public void CostIsMeasuredWithExponents()
    {
        string[] args = ["compare", "--cost", "--data", "mixing:10:100", "--dims", "4,8", "--rounds", "3", "--batch", "20", "--strategies", "exact-lu,stale-inverse:every=4"];
        JsonElement records = Records([.. args, "--json"]);
        Assert.Equal(4, records.GetArrayLength());
        foreach (JsonElement r in records.EnumerateArray())
        {
            Assert.True(r.GetProperty("step_milliseconds").GetDouble() > 0);
            Assert.True(r.GetProperty("step_milliseconds_low").GetDouble() <= r.GetProperty("step_milliseconds_high").GetDouble());
            Assert.Equal(JsonValueKind.Null, r.GetProperty("test_nll").ValueKind);
            Assert.Equal(0, r.GetProperty("steps").GetInt64() % (r.GetProperty("strategy").GetString() == "exact-lu" ? 1 : 4) - (r.GetProperty("strategy").GetString() == "exact-lu" ? 0 : 1));
        }

        using TempFolder temp = new();
        string table = CommandLine.Succeed([.. args, "--quiet", "--csv", temp.At("runs.csv"), "--out", temp.At("out")]);
        string[] lines = File.ReadAllLines(temp.At("runs.csv"));
        Assert.Equal(5, lines.Length);
        Assert.All(lines, l => Assert.Equal(lines[0].Split(',').Length, Regex.Replace(l, "\"[^\"]*\"", "").Split(',').Length));
        Assert.Contains("Cost against D", File.ReadAllText(Path.Combine(temp.At("out"), "report.html")), StringComparison.Ordinal);
        Assert.Contains("local exponent", table, StringComparison.Ordinal);
        // (5 * 2 B D^2 + 4 D^3): from 4 to 8 features with 20 rows.
        double exponent = Math.Log2(((200.0 * 64) + (4 * 512)) / ((200.0 * 16) + (4 * 64)));
        Assert.Matches($"(?m)^exact-lu .* / {exponent.ToString("F2", System.Globalization.CultureInfo.InvariantCulture)}$", table);
    }

    [Fact]
    public void ImagesArePooledAndDimensionsTakeTheDataThatHaveThem()
    {
        JsonElement records = Records("compare", "--data", "optdigits,mixing:10:200", "--dims", "16,5", "--steps", "3", "--batch", "20", "--strategies", "exact-lu", "--json");
        Assert.Equal(["optdigits 16", "mixing:10:200 16", "mixing:10:200 5"], records.EnumerateArray().Select(r => $"{r.GetProperty("data").GetString()} {r.GetProperty("dimension").GetInt32()}"));
        JsonElement pooled = Records("compare", "--data", "optdigits@4x4", "--steps", "3", "--batch", "20", "--strategies", "exact-lu", "--json");
        Assert.Equal(records[0].GetProperty("test_nll").GetDouble(), pooled[0].GetProperty("test_nll").GetDouble());
    }

    [Fact]
    public void BadInputIsRefusedInOneLineAndNothingIsWritten()
    {
        using TempFolder temp = new();
        string folder = temp.At("out");
        void Refuse(string[] args, params string[] fragments)
        {
            CommandLine.RefuseInput(["compare", .. args, "--out", folder], fragments);
            Assert.False(Directory.Exists(folder));
        }

        Refuse(["--data", Data], "no budget", "--steps", "--seconds");
        Refuse(["--data", Data, "--steps", "5", "--seconds", "2"], "more than one");
        Refuse(["--data", Data, "--steps", "5", "--cost"], "more than one");
        Refuse(["--data", Data, "--steps", "0"], "--steps");
        Refuse(["--data", Data, "--seconds", "-1"], "--seconds");
        Refuse(["--data", Data, "--steps", "5", "--clock", "cpu"], "--clock", "--seconds");
        Refuse(["--data", Data, "--seconds", "5", "--clock", "sun"], "--clock", "wall");
        Refuse(["--data", Data, "--seconds", "5", "--clock", "cpu", "--threads", "2"], "--clock cpu", "--threads 2");
        Refuse(["--data", Data, "--steps", "5", "--rounds", "3"], "--rounds", "--cost");
        Refuse(["--data", Data, "--cost", "--points", "3"], "--points");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu,exact"], "exact", "snf-published");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu,exact-lu"], "twice");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu:every=3"], "exact-lu:every=3", "refresh interval");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu:lr=fast"], "lr", "fast");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu:optimizer=adm"], "adm", "adamw");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu:lr"], "lr", "option=value");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "{\"name\":"], "JSON");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "banded-exact"], "banded-exact", "full matrix", "exact-lu");
        Refuse(["--data", Data, "--steps", "5", "--lr", "relative:0.1"], "STRATEGY=RATE");
        Refuse(["--data", Data, "--steps", "5", "--strategies", "exact-lu", "--lr", "relative=0.1"], "relative=0.1", "exact-lu");
        Refuse(["--data", Data, "--steps", "5", "--dims", "4,x"], "--dims", "x");
        Refuse(["--data", Data, "--steps", "5", "--dims", "4,4"], "twice");
        Refuse(["--data", "optdigits", "--steps", "5", "--dims", "9"], "--dims 9", "optdigits");
        Refuse(["--data", "optdigits@3x3", "--steps", "5"], "3x3");
        Refuse(["--data", "mixing:0.5", "--steps", "5"], "mixing:0.5", "condition");
        Refuse(["--data", "mixing:10:5", "--steps", "5"], "training rows");
        Refuse(["--data", "mixing:10:200:0:0", "--steps", "5"], "features");
        Refuse(["--data", "mixing:10:200:0:4:1", "--steps", "5"], "COND");
        Refuse(["--data", Data, "--steps", "5", "--model", "maf"], "maf", "no layer");
        Refuse(["--data", Data, "--steps", "5", "--model", "nothing.json"], "nothing.json");
        Refuse(["--data", Data, "--steps", "5", "--seeds", "3-1"], "--seeds");
        Refuse(["--data", Data, "--steps", "5", "--batch", "4000"], "--batch 4000", "400");
        Refuse(["--data", Data, "--steps", "5", "--warmup", "1"], "--warmup");
        Refuse(["--data", Data, "--steps", "5", "--dtype", "half"], "--dtype", "double");
        CommandLine.RefuseInput(["compare", "--resume", "--steps", "5"], "--out");
        CommandLine.RefuseInput(["compare", "--resume", "--out", folder], "no folder");
    }

    [Fact]
    public void AFolderTakesOneComparison()
    {
        using TempFolder temp = new();
        string folder = temp.At("run");
        string[] args = ["compare", "--data", Data, "--steps", "12", "--batch", "20", "--strategies", "exact-lu", "--out", folder, "--quiet"];
        CommandLine.Succeed(args);
        string before = File.ReadAllText(Path.Combine(folder, "results.jsonl"));
        CommandLine.RefuseInput(args, "holds this comparison", "--resume");
        CommandLine.RefuseInput([.. args, "--seeds", "1"], "another comparison", "--seeds");
        CommandLine.RefuseInput([.. args, "--resume", "--seeds", "1"], "another comparison", "--seeds");
        CommandLine.RefuseInput(["compare", "--resume", "--out", folder, "--seconds", "1"], "--seconds", "--steps 12");
        CommandLine.Succeed([.. args, "--resume"]);
        Assert.Equal(before, File.ReadAllText(Path.Combine(folder, "results.jsonl")));
        File.AppendAllText(Path.Combine(folder, "results.jsonl"), "{}\n");
        CommandLine.RefuseInput([.. args, "--resume"], "results.jsonl", "line 2");
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        CommandLine.RefuseInput([.. args, "--resume"], "config.json");
    }

    private static HashSet<(string Path, DateTime Time)> Files(string folder)
        => Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.safetensors").Select(f => (f, File.GetLastWriteTimeUtc(f)))] : [];

    private static JsonElement Records(params string[] args) => JsonDocument.Parse(CommandLine.Succeed(args)).RootElement;

    private static JsonElement Of(JsonElement records, int seed, string strategy)
        => records.EnumerateArray().Single(r => r.GetProperty("seed").GetInt32() == seed && r.GetProperty("strategy").GetString() == strategy);

    private static JsonElement Point(JsonElement record, int index) => record.GetProperty("curve")[index];

    private static string WithoutTimes(JsonElement json) => Times().Replace(json.GetRawText(), "");

    [GeneratedRegex("\"(seconds|step_milliseconds|step_milliseconds_low|step_milliseconds_high|allocated_bytes|Seconds)\":[^,}]+,?")]
    private static partial Regex Times();
}
