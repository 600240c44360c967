using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using NativeFlow.Cli;
using NativeFlow.Cli.Compare;
using Xunit;

namespace NativeFlow.Tests;

public sealed class CompareReportTests : IDisposable
{
    private static readonly CompareReportHeader Header = new()
    {
        Title = "Strategies on mixing",
        Model = "FC-2L, smooth leaky relu",
        Budget = "20 s",
        Machine = "2 cores",
        Versions = "NativeFlow 0.1.0, .NET 10",
        More = [("command", "nativeflow compare --data /home/someone/secret/data.csv --seeds 5")],
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(20.000085, 0.00009, "20.0001 ± 9e-5")]
    [InlineData(-49.7412, 0.187, "-49.74 ± 0.19")]
    [InlineData(1234.5678, 12.3, "1235 ± 12")]
    public void A_mean_shows_the_digits_of_its_spread_but_no_more_than_asked(double mean, double deviation, string text)
        => Assert.Equal(text, ReportNumber.WithSpread(new SeedSpread(mean, deviation, 5)));

    [Fact]
    public void A_planted_record_is_found_in_html_markdown_and_csv()
    {
        CompareRecord planted = new()
        {
            Strategy = "exact-lu",
            Data = "mixing:10",
            Dimension = 64,
            Seed = 987654321,
            Batch = 100,
            Training = "Adam 0.00123",
            Steps = 4711,
            Seconds = 17.3125,
            StepMilliseconds = 2.71828,
            StepFlops = 123456,
            StepBytes = 7654321,
            AllocatedBytes = 4.5,
            PeakBytes = 76543210,
            TestNll = 43.987651,
            TestNllError = 0.0314159,
            Reconstruction = 0.0271828,
            Bias = -0.0577216,
            Variance = 0.0915966,
            Curve = [new ComparePoint(100, 0.5, 60.25, double.NaN), new ComparePoint(4711, 17.25, 44.125, 0.912345)],
        };
        string html = CompareReport.Html(Header, [planted]);
        foreach (string number in new[] { "987654321", "Adam 0.00123", "4711", "17.3125", "2.71828", "123456", "7654321", "76543210", "43.9877", "0.0314159", "0.0271828", "-0.0577216", "0.0915966", "0.912345", "FC-2L, smooth leaky relu", "NativeFlow 0.1.0, .NET 10" })
            Assert.Contains(number, html);
        Assert.Contains("s to NLL 44.125", html);
        string markdown = CompareReport.Markdown(Header, [planted]);
        foreach (string number in new[] { "43.9877", "2.718", "17.25", "0.91235", "0.02718", "-0.05772", "0.0916", "987654321", "7.3 MiB", "73 MiB" }) Assert.Contains(number, markdown);

        string runs = _folder.At("runs.csv"), curves = _folder.At("curves.csv");
        CompareCsv.WriteRuns(runs, [planted]);
        CompareCsv.WriteCurves(curves, [planted]);
        string[] head = File.ReadAllLines(runs)[0].Split(','), cells = File.ReadAllLines(runs)[1].Split(',');
        Assert.Equal(head.Length, cells.Length);
        Assert.Equal(planted.TestNll, double.Parse(cells[Array.IndexOf(head, "test_nll")], CultureInfo.InvariantCulture));
        Assert.Equal("0.912345", cells[Array.IndexOf(head, "final_cosine")]);
        Assert.Equal("exact-lu,mixing:10,64,987654321,100,100,0.5,60.25,", File.ReadAllLines(curves)[1]);
    }

    [Fact]
    public void Means_spreads_and_the_best_are_those_of_the_records()
    {
        // Seeds 10, 11, 12: mean 11, deviation 1. The other: 11.5, 11.6, 11.7.
        List<CompareRecord> records = [];
        for (int s = 0; s < 3; s++)
        {
            records.Add(Run("exact-lu", 64, s, 10 + s, 4));
            records.Add(Run("relative", 64, s, 11.5 + 0.1 * s, 2));
            records.Add(Run("snf-published", 64, s, 30 + 0.1 * s, 3));
        }

        XElement[] rows = Table(CompareReport.Html(Header, records), "Results: ");
        Assert.Equal("11.0 ± 1.0 ★", rows[0].Elements().ElementAt(1).Value);
        // 0.6 away with a standard error of 0.58 beside 0.058: within two.
        Assert.Equal("11.60 ± 0.10 ≈", rows[1].Elements().ElementAt(1).Value);
        Assert.Equal("30.10 ± 0.10", rows[2].Elements().ElementAt(1).Value);
        Assert.Equal("2 ± 0 ★", rows[1].Elements().ElementAt(2).Value);
        Assert.Equal("0.5", rows[1].Elements().ElementAt(3).Value);
        Assert.Equal("1", rows[0].Elements().ElementAt(3).Value);
    }

    [Fact]
    public void A_diverged_run_is_named_so_and_its_numbers_appear_in_no_mean()
    {
        CompareRecord gone = Run("relative", 64, 0, 1.5, 0.25) with { Divergences = 1, Failure = "step 12: the loss is NaN in /home/someone/runs/a/checkpoint.nfc" };
        CompareRecord[] records = [Run("exact-lu", 64, 0, 20, 4), Run("exact-lu", 64, 1, 20.5, 4), gone, Run("relative", 64, 1, 21, 2), gone with { Strategy = "snf-published", TestNll = null }];
        string html = CompareReport.Html(Header, records);
        XElement[] rows = Table(html, "Results: ");
        Assert.Equal("1 of 2 diverged; the rest 21", rows[1].Elements().ElementAt(1).Value);
        Assert.Equal("bad", rows[1].Elements().ElementAt(1).Attribute("class")?.Value);
        Assert.Equal("diverged", rows[2].Elements().ElementAt(1).Value);
        Assert.Equal("1 of 1", rows[2].Elements().ElementAt(7).Value);
        Assert.Equal("–", rows[2].Elements().ElementAt(2).Value);
        Assert.DoesNotContain("1.5", string.Concat(rows.Select(r => r.Elements().ElementAt(1).Value)));
        // In the records' table: the word instead of the number, and no folder of the message.
        Assert.Equal(2, Table(html, "Every run").Count(r => r.Elements().ElementAt(7).Value == "diverged"));
        Assert.Contains("the loss is NaN in checkpoint.nfc", html);
        Assert.DoesNotContain("/home/", html);
        Assert.Contains("class=\"broken", html);
        Assert.Contains("*diverged*", CompareReport.Markdown(Header, records));
    }

    [Fact]
    public void Fewer_than_nothing_measured_still_makes_a_report_without_NaN()
    {
        CompareRecord bare = new() { Strategy = "relative", Data = "mnist", Dimension = 784, Seed = 1, Batch = 100, Training = "", TestNll = 5 };
        string html = CompareReport.Html(Header, [bare, bare with { Strategy = "x", TestNll = null, Failure = "out of memory" }]);
        Parse(html);
        string body = html[html.IndexOf("</style>", StringComparison.Ordinal)..];
        Assert.DoesNotContain("NaN", body);
        Assert.DoesNotContain("Infinity", body);
        Assert.Equal("failed", Table(html, "Results: ")[1].Elements().ElementAt(1).Value);
        Assert.DoesNotContain("<svg", html);
        Assert.Contains("There is no record", Assert.Throws<ArgumentException>(() => CompareReport.Html(Header, [])).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Hostile_names_stay_text()
    {
        const string Evil = "</svg><script>alert('x' & \"y\")</script>|`*_[a](b)\u0001\u202E\uD800\n| # <!--";
        CompareRecord[] records = [Run(Evil, 64, 0, 20, 4) with { Data = Evil, Training = Evil, Failure = Evil }, Run(Evil, 128, 0, 21, 8) with { Data = Evil }];
        string html = CompareReport.Html(Header with { Title = Evil, Model = Evil, More = [(Evil, Evil)] }, records);
        XDocument page = Parse(html);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName == "script");
        Assert.DoesNotContain('\u202E', html);
        Assert.Contains("alert('x' & \"y\")", page.Root!.Value);
        string markdown = CompareReport.Markdown(Header with { Title = Evil }, records);
        Assert.DoesNotContain("<script", markdown);
        foreach (string line in markdown.Split('\n').Where(l => l.StartsWith('|')))
            Assert.Equal(0, Regex.Count(line, @"(?<!\\)[`\[]"));
        // Every line of a table has as many cells as its head.
        int cells = 0;
        foreach (string line in markdown.Split('\n'))
        {
            int count = line.StartsWith('|') ? Regex.Count(line, @"(?<!\\)\|") : 0;
            if (count > 0 && cells > 0) Assert.Equal(cells, count);
            cells = count;
        }

        string path = _folder.At("evil.csv");
        CompareCsv.WriteRuns(path, records);
        Assert.Equal(3, File.ReadAllLines(path).Length);
    }

    [Fact]
    public void The_page_needs_nothing_else_and_knows_dark_and_paper()
    {
        string html = CompareReport.Html(Header, Comparison());
        XDocument page = Parse(html);
        Assert.Equal(["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"], Regex.Matches(html, "[a-z]+://[^\"')]+").Select(m => m.Value).Distinct().Order());
        Assert.DoesNotContain(page.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href");
        Assert.DoesNotContain("@import", html);
        Assert.Contains("prefers-color-scheme:dark", html);
        Assert.Contains("@media print", html);
        Assert.DoesNotContain("/home/", html);
        Assert.Contains("--data data.csv", html);
        // 3 dimensions x 3 curves and the cost.
        Assert.Equal(10, page.Descendants().Count(e => e.Name.LocalName == "svg"));
        string[] ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Contains("flop break-even D = 3B = 300", html);
        string path = _folder.At("report.html");
        CompareReport.Write(path, Header, Comparison());
        Assert.Equal(html, File.ReadAllText(path));
    }

    [Fact]
    public void Exponents_and_the_crossing_with_exact_are_those_of_the_step_times()
    {
        // ms = 2 (D/100)^3 against 4 (D/100)^2: they cross at D = 200.
        CompareRecord[] records = [.. new[] { 50, 100, 400, 800 }.SelectMany(d => new[] { Run("exact-lu", d, 0, 1, 2 * Math.Pow(d / 100.0, 3)), Run("relative", d, 0, 1, 4 * Math.Pow(d / 100.0, 2)) })];
        string html = CompareReport.Html(Header, records);
        XElement[] exponents = Table(html, "Exponent of a step");
        Assert.Equal(["exact-lu", "3", "–", "3", "3", "3"], exponents[0].Elements().Select(e => e.Value));
        Assert.Equal(["relative", "2", "–", "2", "2", "2"], exponents[1].Elements().Select(e => e.Value));
        XElement[] ratios = Table(html, "Where exact-lu wins");
        Assert.Equal(["relative", "4", "2", "0.5 ★", "0.25 ★", "cheaper above D ≈ 200"], ratios[0].Elements().Select(e => e.Value));
    }

    [Fact]
    public void Least_squares_on_logarithms_is_that_of_the_normal_equations()
    {
        // log-log points (0,0), (1,1), (2,3): slope 1.5, intercept -1/6.
        PowerLaw fit = PowerLaw.Fit([(1, 1), (Math.E, Math.E), (Math.Exp(2), Math.Exp(3))])!.Value;
        Assert.Equal(1.5, fit.Exponent, 1e-12);
        Assert.Equal(-1.0 / 6, fit.Intercept, 1e-12);
        Assert.Null(PowerLaw.Fit([(5, 1), (5, 2)]));
        Assert.Throws<ArgumentException>(() => PowerLaw.Fit([(1, 0), (2, 1)]));
    }

    [Fact]
    public void The_mean_line_stands_where_the_seeds_means_stand()
    {
        CompareRecord a = Run("relative", 64, 0, 1, 1) with { Curve = [new(0, 0, 10, double.NaN), new(100, 1, 6, 0.5)] };
        CompareRecord b = a with { Seed = 1, Curve = [new(0, 0, 14, double.NaN), new(50, 0.5, 9, 0.5), new(200, 2, 4, 0.7)] };
        PlotLine line = MeanCurve.Of(new CompareArm("relative", 0, [a, b]), p => p.Step, p => p.Nll)!;
        // At 50 the first is half way between 10 and 6; at 100 the second a third of the way from 9 to 4; the stretch ends where the first ends.
        Assert.Equal([0, 50, 100], line.Points.Select(p => p.X));
        Assert.Equal([12, 8.5, (6 + 9 - 5.0 / 3) / 2], line.Points.Select(p => p.Y));
        Assert.Equal(12 - Math.Sqrt(8), line.Band![0].Low, 1e-12);
        Assert.Equal(new SeedSpread(8, double.NaN, 1), new CompareArm("relative", 0, [a with { Curve = [new(0, 0, 9, 0), new(5, 8, 7, 0)] }, b with { Divergences = 1 }]).SecondsTo(8));
    }

    [Fact]
    public void Points_of_a_plot_are_where_their_numbers_say()
    {
        var plot = new SvgPlot
        {
            Id = "p",
            Title = "t",
            XTitle = "x",
            YTitle = "y",
            X = AxisScale.Linear(0, 10),
            Y = AxisScale.Logarithmic(1, 100),
            PlotWidth = 400,
            PlotHeight = 200,
            Lines = [new PlotLine("a", 0, [(0, 1), (5, 10), (10, 100)])],
        };
        string svg = plot.Render();
        // 66 left of the axes, 34 above.
        Assert.Contains("d=\"M66 234L266 134L466 34\"", svg);
        Assert.Equal([0, 2, 4, 6, 8, 10], plot.X.Ticks);
        Assert.Equal([1, 2, 5, 10, 20, 50, 100], plot.Y.Ticks.Select(t => Math.Round(t, 9)));
        Assert.Equal(["−0.4", "−0.2", "0.0", "0.2"], AxisScale.Linear(-0.45, 0.3, 5) is var axis ? axis.Ticks.Select(axis.Label) : []);
        Assert.Equal([10.0, 25, 40], SvgPlot.Spread([10, 10, 40], 0, 100));
        Assert.Equal([70.0, 85, 100], SvgPlot.Spread([95, 96, 97], 0, 100));
    }

    [Theory]
    [InlineData("csv:/home/a/b/data.csv", "csv:data.csv")]
    [InlineData("cannot open C:\\Users\\me\\x.npy, gone", "cannot open x.npy, gone")]
    [InlineData("../../data/y.csv", "y.csv")]
    [InlineData("~/y.csv and 3/4 of it at 5 m / s", "y.csv and 3/4 of it at 5 m / s")]
    [InlineData("mixing:1000", "mixing:1000")]
    public void Names_lose_their_folders(string text, string expected) => Assert.Equal(expected, ReportNumber.WithoutFolders(text));

    private static CompareRecord Run(string strategy, int dimension, int seed, double nll, double ms) => new()
    {
        Strategy = strategy,
        Data = "mixing:10",
        Dimension = dimension,
        Seed = (ulong)seed,
        Batch = 100,
        Training = "Adam 0.001",
        Steps = 2000,
        Seconds = 2 * ms,
        StepMilliseconds = ms,
        TestNll = nll,
        Curve = [.. Enumerable.Range(0, 21).Select(i => new ComparePoint(i * 100, i * 0.1 * ms, nll + 300 * Math.Exp(-i * 0.6) + 0.3 * Math.Sin(i + seed), i % 2 == 0 ? 1 - 0.3 * Math.Exp(-i * 0.1) * (1 + seed * 0.1) : double.NaN))],
    };

    /// <summary>Made up to look like one.</summary>
    private static List<CompareRecord> Comparison()
    {
        List<CompareRecord> records = [];
        (string Name, double Base, double Exponent, double Gap)[] arms = [("exact-lu", 0.4, 2.7, 0), ("snf-published:lambda=1", 0.7, 2.1, 1.5), ("relative", 0.45, 1.9, 0.2), ("stale-inverse:every=10", 0.5, 2.2, 0.1), ("newton-schulz:every=10", 0.6, 2.3, 0.12), ("snf-reconstruction", 0.65, 2.05, 4), ("free-form", 1.2, 1.8, 2)];
        foreach (int d in new[] { 64, 392, 1568 })
            foreach ((string name, double start, double exponent, double gap) in arms)
                for (int s = 0; s < 3; s++)
                {
                    CompareRecord run = Run(name, d, s, d * 0.5 + gap + 0.05 * s, start * Math.Pow(d / 64.0, exponent)) with { PeakBytes = 8L * d * d, AllocatedBytes = 0, StepFlops = 6e2 * d * d, Reconstruction = name[0] == 's' ? 0.01 * gap : null };
                    if (name == "snf-reconstruction" && s == 1) run = run with { Divergences = 1, TestNll = null, Failure = "step 800: the loss is NaN", Curve = [.. run.Curve.Take(9)] };
                    records.Add(run);
                }

        return records;
    }

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    /// <summary>The rows of the first table whose heading begins so.</summary>
    private static XElement[] Table(string html, string heading)
    {
        XElement head = Parse(html).Descendants().First(e => e.Name.LocalName == "h3" && e.Value.StartsWith(heading, StringComparison.Ordinal));
        return [.. head.ElementsAfterSelf().First().Descendants().First(e => e.Name.LocalName == "tbody").Elements()];
    }
}
