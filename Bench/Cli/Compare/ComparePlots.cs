using System.Globalization;

namespace NativeFlow.Cli.Compare;

/// <summary>The plots of a comparison.</summary>
internal static class ComparePlots
{
    /// <summary>NLL against steps, NLL against seconds, cosine over training: those of them that have a point.</summary>
    public static IEnumerable<SvgPlot> Of(CompareGroup group, string id)
    {
        string name = CompareTables.Name(group);
        if (Curves(group, id + "a", "Validation NLL against steps, " + name, "training steps", "validation NLL, nats", p => p.Step, p => p.Nll, true, false) is { } steps) yield return steps;
        if (Curves(group, id + "b", "Validation NLL against time, " + name, "seconds of training", "validation NLL, nats", p => p.Seconds, p => p.Nll, true, true) is { } seconds) yield return seconds;
        if (Curves(group, id + "c", "Cosine to the exact gradient, " + name, "training steps", "cosine", p => p.Step, p => p.Cosine, false, false) is { } cosine) yield return cosine;
    }

    /// <summary>Milliseconds of a step against D on logarithmic axes, with the slopes of D² and D³ and the flop break-even; null without a curve.</summary>
    public static SvgPlot? Cost(IReadOnlyList<CostCurve> curves, int batch, string id)
    {
        if (curves.Count == 0) return null;
        (double X, double Y)[] all = [.. curves.SelectMany(c => c.Milliseconds)];
        double[] dimensions = [.. all.Select(p => p.X).Distinct().Order()];
        double low = dimensions[0] / 1.2, high = dimensions[^1] * 1.2, bottom = all.Min(p => p.Y) / 1.7, top = all.Max(p => p.Y) * 1.5, even = 3.0 * batch;
        // Far from everything measured, it would squeeze what was.
        bool shown = even > dimensions[0] / 4 && even < dimensions[^1] * 4;
        if (shown) (low, high) = (Math.Min(low, even / 1.2), Math.Max(high, even * 1.2));
        var guides = new List<PlotGuide>();
        if (dimensions.Length > 1)
        {
            // From below the quickest at the least dimension, up to the frame.
            double start = all.Where(p => p.X == dimensions[0]).Min(p => p.Y) / 1.4;
            foreach ((double slope, string text) in new[] { (2.0, "∝ D²"), (3.0, "∝ D³") })
            {
                double end = Math.Min(high, dimensions[0] * Math.Pow(top / start, 1 / slope));
                guides.Add(new PlotGuide(text, (dimensions[0], start), (end, start * Math.Pow(end / dimensions[0], slope))));
            }
        }

        if (shown) guides.Add(new PlotGuide($"flop break-even D = 3B = {even.ToString(CultureInfo.InvariantCulture)}", (even, top), (even, bottom)));
        PlotLine[] lines = [.. curves.Select(c => new PlotLine(c.Fit is { } fit ? $"{ReportNumber.WithoutFolders(c.Strategy)}: D^{fit.Exponent.ToString("F2", CultureInfo.InvariantCulture)}" : ReportNumber.WithoutFolders(c.Strategy), c.Style, c.Milliseconds) { HasMarkers = true })];
        return new SvgPlot
        {
            Id = id,
            Title = $"Cost of a step against the dimension, batch {batch.ToString(CultureInfo.InvariantCulture)}",
            XTitle = "features D",
            YTitle = "step, ms",
            X = AxisScale.Logarithmic(low, high, dimensions),
            Y = AxisScale.Logarithmic(bottom, top),
            Lines = lines,
            Guides = guides,
            PlotWidth = 560,
            PlotHeight = 380,
        };
    }

    private static SvgPlot? Curves(CompareGroup group, string id, string title, string xTitle, string yTitle, Func<ComparePoint, double> x, Func<ComparePoint, double> y, bool mayLeave, bool mayBeLogarithmic)
    {
        PlotLine[] means = [.. group.Arms.Select(a => MeanCurve.Of(a, x, y)).OfType<PlotLine>()];
        PlotLine[] lines = [.. means, .. group.Arms.SelectMany(a => MeanCurve.Broken(a, x, y))];
        if (lines.Length == 0) return null;
        double[] ends = [.. lines.Select(l => l.Points[^1].X)];
        // Strategies whose speeds lie far apart would lie on top of each other at the left.
        bool logarithmic = mayBeLogarithmic && ends.Max() > 20 * ends.Min() && ends.Min() > 0;
        if (logarithmic) lines = [.. lines.Select(After0)];
        double right = ends.Max(), left = logarithmic ? lines.SelectMany(l => l.Points).Min(p => p.X) : Math.Min(0, lines.Min(l => l.Points[0].X));
        (double bottom, double top) = Heights(means.Length > 0 ? means : lines, mayLeave);
        return new SvgPlot
        {
            Id = id,
            Title = title,
            XTitle = logarithmic ? xTitle + " (logarithmic)" : xTitle,
            YTitle = yTitle,
            X = logarithmic ? AxisScale.Logarithmic(left, right) : AxisScale.Linear(left, right),
            Y = AxisScale.Linear(bottom, top),
            Lines = lines,
        };
    }

    private static PlotLine After0(PlotLine line)
    {
        int first = 0;
        while (!(line.Points[first].X > 0)) first++;
        return line with { Points = [.. line.Points.Skip(first)], Band = line.Band is { } band ? [.. band.Skip(first)] : null };
    }

    // What may leave through the roof: the start, spikes, and a line far above the others, so that the ends can be told apart. The height of a line is its median from a fifth of its length on.
    private static (double Bottom, double Top) Heights(PlotLine[] lines, bool mayLeave)
    {
        double bottom = double.PositiveInfinity, all = double.NegativeInfinity;
        var heights = new List<double>();
        foreach (PlotLine line in lines)
        {
            double start = line.Points[0].X + 0.2 * (line.Points[^1].X - line.Points[0].X);
            var late = new List<double>();
            for (int i = 0; i < line.Points.Count; i++)
            {
                (double low, double high) = line.Band?[i] ?? (line.Points[i].Y, line.Points[i].Y);
                (bottom, all) = (Math.Min(bottom, low), Math.Max(all, high));
                if (line.Points[i].X >= start) late.Add(high);
            }

            late.Sort();
            heights.Add(late[late.Count / 2]);
        }

        heights.Sort();
        double usual = heights[(3 * heights.Count - 1) / 4], most = heights[^1];
        // A little above the median, for the descent to be seen; a line that is only somewhat worse stays in.
        double roof = bottom + 1.5 * ((most - bottom > 4 * (usual - bottom) ? usual : most) - bottom);
        double top = mayLeave && roof > bottom ? Math.Min(all, roof) : all, room = 0.04 * (top - bottom);
        return (bottom - room, top + room);
    }
}
