using System.Text.Json;
using NativeFlow.Cli;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The command bench: what it writes, how it judges, what it refuses. Never how fast anything is.</summary>
public sealed class BenchTests : IDisposable
{
    private static readonly BenchKey Square = new("gemm", "NN", "float", "256", 256, 256, 256);

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void EverySuiteIsMeasuredAndWritten()
    {
        string jsonPath = _temp.At("b.json"), pagePath = _temp.At("b.md");
        string text = CommandLine.Succeed("bench", "all", "--quick", "--no-peers", "--rounds", "3", "--strategies", "snf-reconstruction,exact-lu,relative", "--json", jsonPath, "--markdown", pagePath);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(jsonPath));
        JsonElement root = json.RootElement;
        Assert.False(root.GetProperty("stopped").GetBoolean());
        Assert.NotEqual("", root.GetProperty("machine").GetProperty("cpu").GetString());
        Assert.True(root.GetProperty("machine").GetProperty("vector_bits").GetInt32() is 128 or 256 or 512);
        Assert.DoesNotContain(_temp.FullName, root.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.Equal(["conv", "elementwise", "factor", "flows", "gemm", "gemv", "spline", "step"], root.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("suite").GetString()!).Distinct().Order(StringComparer.Ordinal));
        foreach (JsonElement rate in root.GetProperty("rates").EnumerateArray()) Ordered(rate.GetProperty("rate"));
        string page = File.ReadAllText(pagePath);
        foreach (JsonElement row in root.GetProperty("rows").EnumerateArray())
        {
            Assert.Equal(3, row.GetProperty("rounds").GetInt32());
            JsonElement ours = row.GetProperty("entries")[0];
            Assert.Equal("ours", ours.GetProperty("name").GetString());
            Ordered(ours.GetProperty("seconds"));
            Assert.Equal(1, ours.GetProperty("ours_is_faster").GetProperty("median").GetDouble());
            string suite = row.GetProperty("suite").GetString()!, kernel = row.GetProperty("kernel").GetString()!, size = row.GetProperty("size").GetString()!;
            // A product above the peak means that a flop count or a clock is wrong.
            if (suite is "gemm" or "factor") Assert.InRange(ours.GetProperty("of_limit").GetProperty("median").GetDouble(), 1e-6, 1.2);
            if (suite == "flows") Assert.Equal(0, row.GetProperty("bytes_allocated").GetDouble());
            Assert.Equal(suite is not ("flows" or "conv"), ours.TryGetProperty("of_limit", out _));
            Assert.Contains($"| {size} |", page, StringComparison.Ordinal);
            Assert.Contains(kernel, text, StringComparison.Ordinal);
        }

        Assert.Matches(@"rows; goals met in \d+(, \d+ in part \(a peer is missing\))?, missed in \d+\s*$", text);
    }

    [Fact]
    [Trait("Category", "Gpu")]
    public void TheDeviceSuiteRunsOnTheEmulator()
    {
        string jsonPath = _temp.At("g.json"), pagePath = _temp.At("g.md"), htmlPath = _temp.At("g.html");
        string text = CommandLine.Succeed(
            "bench", "gpu", "--quick", "--device", "emulator", "--rounds", "1", "--strategies", "exact-lu,snf-reconstruction,newton-schulz", "--no-peers", "--json", jsonPath, "--markdown", pagePath, "--html", htmlPath);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(jsonPath));
        JsonElement[] rows = [.. json.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(["NN 16x16x16", "NT 16x16x16", "TN 16x16x16", "NT 5x24x24", "NN 5x24x24", "TN 24x24x5"], rows.Where(r => r.GetProperty("suite").GetString() == "gpu-gemm").Select(r => $"{r.GetProperty("kernel")} {r.GetProperty("size")}"));
        Assert.Equal(6, rows.Count(r => r.GetProperty("suite").GetString() == "gpu-step"));
        Assert.All(rows, r => Assert.True(r.GetProperty("entries")[0].GetProperty("seconds").GetProperty("median").GetDouble() > 0));
        Assert.All(rows, r => Assert.True(r.GetProperty("entries")[0].GetProperty("of_limit").GetProperty("median").GetDouble() > 0));
        string page = File.ReadAllText(pagePath), html = File.ReadAllText(htmlPath);
        foreach (string part in (string[])["batch 5, snf-reconstruction: step time grows as D^", "than exact-lu"])
            Assert.All([text, page, html], shown => Assert.Contains(part, shown, StringComparison.Ordinal));
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(html[html.IndexOf("<html", StringComparison.Ordinal)..]);
        Assert.DoesNotContain(_temp.FullName, text + page + html, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Gpu")]
    public void ADeviceThatIsNotKnownHasNoFloor()
    {
        Assert.Null(GpuPeak.Of("NVIDIA GeForce"));
        Assert.Equal(67e12, GpuPeak.Of("NVIDIA H100 80GB HBM3")!.Flops);
        Assert.Equal(new GpuPeak(19.5e12, 1555e9), GpuPeak.Parse("19.5,1555"));
    }

    [Fact]
    public void WhateverPeersThereAreComputeTheSame()
    {
        string path = _temp.At("b.json");
        CommandLine.Succeed("bench", "gemm", "gemv", "factor", "elementwise", "--quick", "--rounds", "1", "--rows-only", "--sizes", "48", "--json", path);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        string[] known = [.. json.RootElement.GetProperty("peers").EnumerateObject().Select(p => p.Name)];
        foreach (JsonElement row in json.RootElement.GetProperty("rows").EnumerateArray())
        {
            string[] names = [.. row.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("name").GetString()!)];
            Assert.Equal("ours", names[0]);
            Assert.Empty(names[1..].Except(known));
            if (row.GetProperty("kernel").GetString() == "exp") Assert.Contains(PeerNames.TensorPrimitives, names);
        }
    }

    [Theory]
    [InlineData("bench", "bench")]
    [InlineData("bench gem", "gem", "factor", "all")]
    [InlineData("bench gemm --rounds 0", "--rounds", "0")]
    [InlineData("bench gemm --sizes 64,x", "--sizes", "'x'")]
    [InlineData("bench gemm --type half", "--type", "half", "double")]
    [InlineData("bench step --strategies guess", "--strategies", "guess", "exact-lu")]
    [InlineData("bench gemm --threads 0", "--threads", "0")]
    [InlineData("bench gemm --threads 100000", "--threads", "100000", "processors")]
    [InlineData("bench gemm --quick --no-peers --only nothing-like-it", "nothing-like-it", "NT 100x784x784")]
    [InlineData("bench gemm --json @none/b.json", "--json", "folder")]
    [InlineData("bench gemm --markdown @", "--markdown", "folder")]
    [InlineData("bench step --quick --python @none", "--python", "torch", "--no-peers")]
    [InlineData("bench gpu gemm --quick", "alone")]
    [InlineData("bench gpu --device cpu", "--device", "emulator")]
    [InlineData("bench gpu --device emulator", "--quick")]
    [InlineData("bench gpu --quick --device emulator --peak 67", "--peak", "67,3350")]
    [InlineData("bench gemm --quick --html a.html", "--html", "bench gpu")]
    [InlineData("bench gemm --core 99999 --quick --no-peers", "--core", "99999")]
    [InlineData("bench gemm --core -1 --quick --no-peers", "--core", "-1")]
    [InlineData("bench gemm --frobnicate", "--frobnicate", "--rounds")]
    public void BadOptionsEndInOneLine(string line, params string[] fragments) =>
        CommandLine.RefuseInput([.. line.Split(' ').Select(a => a.StartsWith('@') ? _temp.At(a[1..]) : a)], fragments);

    [Fact]
    public void TheRaceReportsMediansOfRatiosOfTheSameRound()
    {
        // Times of ours by round: 1, 2, 4 ms; the peer takes twice ours but once ten times as long.
        double[] ours = [0.001, 0.002, 0.004], peer = [0.002, 0.020, 0.008];
        int a = -1, b = -1;
        using var what = new BenchCase(Square, 1e6) { Floor = () => 0.0005 };
        // Each is asked once to be warmed and once to see how long it takes; then in every round once untimed and once timed.
        what.Contenders.Add(new BenchContender("ours", times => times * (++a < 2 ? 0.001 : ours[(a - 2) / 2]), Here: false));
        what.Contenders.Add(new BenchContender("peer", times => times * (++b < 2 ? 0.001 : peer[(b - 2) / 2]), Here: false));
        BenchRow row = new BenchRace(3, 0.0001, 0, 100).Run(what, CancellationToken.None)!;
        Assert.Equal(3, row.Rounds);
        Assert.Equal(0.002, row.Ours.Seconds.Median, 12);
        Assert.Equal(0.0005 / 0.002, row.Ours.OfLimit!.Value.Median, 12);
        BenchEntry other = Assert.Single(row.Peers);
        Assert.Equal(2, other.OursIsFaster.Median, 12);
        Assert.Equal(6, other.OursIsFaster.High, 12);
    }

    [Fact]
    public void AStopKeepsTheRoundsThatAreComplete()
    {
        using var source = new CancellationTokenSource();
        int calls = 0;
        using var what = new BenchCase(Square, 1e6);
        what.Contenders.Add(new BenchContender("ours", times =>
        {
            // The timed call of the fourth round.
            if (++calls == 10) source.Cancel();
            return times * 0.001;
        }, Here: false));
        what.Contenders.Add(new BenchContender("peer", times => times * 0.002, Here: false));
        BenchRow row = new BenchRace(100, 0.0001, 0, 100).Run(what, source.Token)!;
        Assert.Equal(3, row.Rounds);
        Assert.Null(row.Ours.OfLimit);
        Assert.Null(new BenchRace(100, 0.0001, 0, 100).Run(what, source.Token));
    }

    [Fact]
    public void AnEarlyStopIsSaid()
    {
        var settings = new BenchSettings { Suites = ["gemm"], Types = ["float"], Strategies = [], Sizes = [16], Only = null, Threads = 1, Quick = true };
        BenchReport report = BenchRun.Run(settings, new BenchRace(1, 0.0001, 0, 1), -1, false, null, "nativeflow bench gemm", TextWriter.Null, new CancellationToken(true));
        Assert.True(report.Stopped);
        Assert.Empty(report.Rows);
        using StringWriter text = new();
        BenchWriter.Text(report, text, colour: false);
        Assert.EndsWith("stopped early: 0 rows; goals met in 0, missed in 0", text.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void APeerThatComputesSomethingElseIsNotMeasured()
    {
        Assert.Contains("ours differ", Assert.Throws<InvalidOperationException>(() => Compare(1.01)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Compare(double.NaN));
        Compare(1 + 1e-12);

        static unsafe void Compare(double peer)
        {
            double y = 0, z = 0;
            double* py = &y, pz = &z;
            using var what = new BenchCase(Square, 1);
            what.Contenders.Add(new BenchContender("ours", _ => *py = 1));
            SameWork.Require(what, _ => *pz = peer, py, pz, 1);
        }
    }

    [Theory]
    [InlineData(0.91, 1.0, true)]
    [InlineData(0.89, 1.5, false)]
    [InlineData(0.95, 0.99, false)]
    public void ASquareNeedsThePeakAndEveryPeer(double share, double lead, bool met)
    {
        BenchRow row = Row(Square, share, (PeerNames.OpenBlas, 5), (PeerNames.OneDnn, lead));
        Assert.Equal(met ? Verdict.Met : Verdict.Missed, BenchReport.Of(row));
        Assert.Equal(PeerNames.OneDnn, row.BestPeer()!.Name);
    }

    [Fact]
    public void AGoalIsJudgedOnlyByWhatWasMeasured()
    {
        BenchKey small = Square with { M = 64, N = 64, K = 64 }, step = new("step", "snf-reconstruction", "float", "D 784", 100, 784, 0);
        // Small squares are held against OpenBLAS told to use AVX-512, nobody else.
        Assert.Equal(Verdict.Part, BenchReport.Of(Row(small, 0.93, (PeerNames.OneDnn, 0.5))));
        Assert.Equal(Verdict.Missed, BenchReport.Of(Row(small, 0.93, (PeerNames.OpenBlasWide, 0.99))));
        Assert.Equal(Verdict.Part, BenchReport.Of(Row(step, 0.81)));
        Assert.Equal(Verdict.Missed, BenchReport.Of(Row(step, 0.79)));
        Assert.Equal(Verdict.Missed, BenchReport.Of(Row(step, 0.81, (PeerNames.Torch, 3.1), (PeerNames.TorchWide, 2.4))));
        Assert.Equal(Verdict.Met, BenchReport.Of(Row(step, 0.81, (PeerNames.Torch, 3.1), (PeerNames.TorchWide, 2.6))));
        Assert.Equal(Verdict.None, BenchReport.Of(Row(step with { N = 64 }, 0.1)));
        Assert.Equal(Verdict.None, BenchReport.Of(Row(new BenchKey("factor", "QR", "float", "64", 64, 64, 0), 0.1)));
        Assert.Equal(22.0 * 100 * 784 * 784, StepSuite.Flops("snf-reconstruction", 100, 784));
        // 8 ns at 2 GHz are 4.57 ns at 3.5 GHz.
        BenchRow spline = Row(new BenchKey("spline", "forward", "float", "", 1, 1, 8), 0.1) with { Work = 125_000, ClockGHz = new Spread(2, 2, 2) };
        Assert.Equal(8 * 2 / 3.5, spline.NanosecondsAtGoalClock, 9);
        Assert.Equal(Verdict.Part, BenchReport.Of(spline));
    }

    [Fact]
    public void TablesWithAllPeersFitEightyColumns()
    {
        BenchRow flow = Row(new BenchKey("gemm", "NN", "double", "256x1568x1568", 256, 1568, 1568), 0.9, (PeerNames.OpenBlas, 2), (PeerNames.OpenBlasWide, 1), (PeerNames.Blis, 3), (PeerNames.BlisWide, 1.5));
        BenchRow single = flow with { Key = flow.Key with { Type = "float" }, Entries = [.. flow.Entries, flow.Entries[1] with { Name = PeerNames.OneDnn }] };
        BenchRow step = Row(new BenchKey("step", "snf-reconstruction", "float", "D 3072", 100, 3072, 0), 0.7, (PeerNames.Torch, 3), (PeerNames.TorchWide, 2));
        using StringWriter text = new();
        BenchWriter.Text(Report(single, step), text, colour: false);
        string[] lines = text.ToString().Split('\n');
        Assert.All(lines, l => Assert.True(l.Length <= 80, l));
        Assert.Contains(lines, l => l.StartsWith("NN", StringComparison.Ordinal) && l.EndsWith(BenchTable.Missed, StringComparison.Ordinal));
    }

    [Fact]
    public void QuartilesAreInterpolated()
    {
        Assert.Equal(new Spread(2.5, 1.75, 3.25), Spread.Of([4, 1, 3, 2]));
        Assert.Equal(new Spread(7, 7, 7), Spread.Of([7]));
    }

    private static BenchReport Report(params BenchRow[] rows) => new()
    {
        Machine = BenchMachine.Read() with { Cpu = "a processor" },
        Command = "nativeflow bench",
        Pinned = "pinned to core 1",
        Clock = BenchClock.Name,
        Started = DateTimeOffset.UnixEpoch,
        LoadBefore = 0,
        LoadAfter = 0,
        Peers = [],
        Notes = [],
        Rates = [],
        Rows = rows,
        Stopped = false,
    };

    private static BenchRow Row(BenchKey key, double share, params (string Name, double Lead)[] peers)
    {
        const double Seconds = 1e-3;
        Spread Same(double value) => new(value, value, value);
        return new BenchRow(key, 1e8, 5, 1, Same(Seconds * share), Same(BenchRow.GoalGHz),
            [new("ours", Same(Seconds), Same(share), Same(1)), .. peers.Select(p => new BenchEntry(p.Name, Same(Seconds * p.Lead), Same(share / p.Lead), Same(p.Lead)))], 0);
    }

    private static void Ordered(JsonElement spread)
    {
        double low = spread.GetProperty("low").GetDouble(), median = spread.GetProperty("median").GetDouble(), high = spread.GetProperty("high").GetDouble();
        Assert.True(low > 0 && low <= median && median <= high, spread.ToString());
    }
}
