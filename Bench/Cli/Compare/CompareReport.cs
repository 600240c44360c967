using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Compare;

/// <summary>The report of a comparison: one HTML file that needs nothing else, and the same tables as Markdown. Every number comes from the records.</summary>
internal static class CompareReport
{
    /// <summary>Writes the HTML file, whole or not at all. It is well-formed XML too.</summary>
    /// <exception cref="ArgumentException">There is no record.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, CompareReportHeader header, IReadOnlyList<CompareRecord> records)
    {
        string html = Html(header, records);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(html)));
    }

    /// <summary>The HTML file's text.</summary>
    /// <exception cref="ArgumentException">There is no record.</exception>
    public static string Html(CompareReportHeader header, IReadOnlyList<CompareRecord> records)
    {
        Demand(records);
        string? reference = Reference(header, records);
        string title = MarkupText.Html(ReportNumber.WithoutFolders(header.Title));
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        html.Append("<title>").Append(title).Append("</title>\n<style>\n").Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n<h1>").Append(title).Append("</h1>\n<table class=\"setup\"><tbody>\n");
        foreach ((string name, string value) in CompareTables.Configuration(header, records))
            html.Append("<tr><th scope=\"row\">").Append(MarkupText.Html(name)).Append("</th><td>").Append(MarkupText.Html(value)).Append("</td></tr>\n");
        html.Append("</tbody></table>\n");

        IReadOnlyList<CompareGroup> groups = CompareGroup.Of(records, header.TargetNll);
        for (int g = 0; g < groups.Count; g++)
        {
            html.Append("<section>\n<h2>").Append(MarkupText.Html(CompareTables.Name(groups[g]))).Append("</h2>\n");
            CompareTables.Results(groups[g], reference).Html(html);
            SvgPlot[] plots = [.. ComparePlots.Of(groups[g], FormattableString.Invariant($"g{g}"))];
            if (plots.Length > 0)
            {
                html.Append("<div class=\"plots\">\n");
                foreach (SvgPlot plot in plots) html.Append("<figure>\n").Append(plot.Render()).Append("</figure>\n");
                html.Append("</div>\n<p class=\"small\">Lines are means over the seeds, bands one standard deviation to either side, both over the stretch that all seeds cover. A thin line that ends in a cross is a run that broke off. The first looks, spikes and a strategy far behind the others may lie above the frame: the tables have them.</p>\n");
            }

            CompareTables.Diagnostics(groups[g]).Html(html);
            html.Append("</section>\n");
        }

        foreach (int batch in Batches(records))
        {
            IReadOnlyList<CostCurve> curves = CostCurve.Of(records, batch);
            if (ComparePlots.Cost(curves, batch, FormattableString.Invariant($"cost{batch}")) is not { } plot) continue;
            html.Append("<section>\n<h2>Cost against D</h2>\n<figure>\n").Append(plot.Render()).Append("</figure>\n");
            CompareTables.Times(records, batch).Html(html);
            CompareTables.Exponents(curves, batch)?.Html(html);
            CompareTables.Ratios(curves, reference, batch)?.Html(html);
            html.Append("</section>\n");
        }

        html.Append("<section class=\"runs\">\n<h2>The records</h2>\n");
        CompareTables.Runs(records).Html(html);
        return html.Append("</section>\n</body>\n</html>\n").ToString();
    }

    /// <summary>The report without its pictures, for a page of results.</summary>
    /// <exception cref="ArgumentException">There is no record.</exception>
    public static string Markdown(CompareReportHeader header, IReadOnlyList<CompareRecord> records)
    {
        Demand(records);
        string? reference = Reference(header, records);
        var text = new StringBuilder();
        text.Append("# ").Append(MarkupText.MarkdownCell(ReportNumber.WithoutFolders(header.Title))).Append("\n\n");
        foreach ((string name, string value) in CompareTables.Configuration(header, records))
            text.Append("- ").Append(MarkupText.MarkdownCell(name)).Append(": ").Append(MarkupText.MarkdownCell(value)).Append('\n');
        text.Append('\n');
        foreach (CompareGroup group in CompareGroup.Of(records, header.TargetNll))
        {
            CompareTables.Results(group, reference).Markdown(text);
            CompareTables.Diagnostics(group).Markdown(text);
        }

        foreach (int batch in Batches(records))
        {
            IReadOnlyList<CostCurve> curves = CostCurve.Of(records, batch);
            if (curves.Count > 0) CompareTables.Times(records, batch).Markdown(text);
            CompareTables.Exponents(curves, batch)?.Markdown(text);
            CompareTables.Ratios(curves, reference, batch)?.Markdown(text);
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string? Reference(CompareReportHeader header, IReadOnlyList<CompareRecord> records) =>
        header.Reference ?? CompareGroup.Strategies(records).FirstOrDefault(s => s.StartsWith("exact", StringComparison.OrdinalIgnoreCase));

    private static int[] Batches(IReadOnlyList<CompareRecord> records) => [.. records.Select(r => r.Batch).Distinct().Order()];

    private static void Demand(IReadOnlyList<CompareRecord> records)
    {
        if (records.Count == 0) throw new ArgumentException("CompareReport: there is no record to report; run a comparison first.", nameof(records));
    }
}
