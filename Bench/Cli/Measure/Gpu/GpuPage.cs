using System.Text;
using NativeFlow.Cli.Compare;

namespace NativeFlow.Cli;

/// <summary>What was measured on a device as pages: Markdown, and HTML with the figure of step time against D.</summary>
internal static class GpuPage
{
    public static string Markdown(GpuBenchResult result)
    {
        var text = new StringBuilder(BenchWriter.Markdown(result.Report)).Append('\n');
        foreach (ReportTable table in Fits(result)) table.Markdown(text);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    public static string Html(GpuBenchResult result)
    {
        BenchReport report = result.Report;
        string title = MarkupText.Html(report.Command);
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        html.Append("<title>").Append(title).Append("</title>\n<style>\n").Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n<h1>").Append(title).Append("</h1>\n<table class=\"setup\"><tbody>\n");
        foreach ((string name, string value) in report.Peers.Append(("host", $"{report.Machine.Cpu}, {report.Machine.System}, {report.Machine.Runtime}")).Append(("clock", report.Clock)).Append(("started", FormattableString.Invariant($"{report.Started:yyyy-MM-dd HH:mm} UTC"))))
            Line(html, name, value);
        foreach (string note in report.Notes) Line(html, "note", note);
        html.Append("</tbody></table>\n<section>\n<h2>Step time against D</h2>\n");
        for (int i = 0; i < result.Curves.Count; i++)
            if (ComparePlots.Cost(result.Curves[i].Curves, result.Curves[i].Batch, FormattableString.Invariant($"g{i}")) is { } plot)
                html.Append("<figure>\n").Append(plot.Render()).Append("</figure>\n");
        foreach (ReportTable table in Fits(result)) table.Html(html);
        html.Append("</section>\n<section>\n<h2>The rows</h2>\n");
        foreach (BenchTable table in BenchTable.Of(report, quartiles: true))
            new ReportTable(table.Title, "Medians over the rounds, in brackets their quartiles.", table.Head, 3, [.. table.Cells.Select(r => (IReadOnlyList<ReportCell>)[.. r.Select(c => new ReportCell(c, IsBad: c == BenchTable.Missed))])]).Html(html);
        return html.Append("</section>\n</body>\n</html>\n").ToString();
    }

    private static void Line(StringBuilder html, string name, string value)
        => html.Append("<tr><th scope=\"row\">").Append(MarkupText.Html(name)).Append("</th><td>").Append(MarkupText.Html(value)).Append("</td></tr>\n");

    private static IEnumerable<ReportTable> Fits(GpuBenchResult result)
    {
        foreach ((int batch, IReadOnlyList<CostCurve> curves) in result.Curves)
        {
            if (CompareTables.Exponents(curves, batch) is { } exponents) yield return exponents;
            if (CompareTables.Ratios(curves, curves.Any(c => c.Strategy == GpuBench.Strategies[0]) ? GpuBench.Strategies[0] : null, batch) is { } ratios) yield return ratios;
        }
    }
}
