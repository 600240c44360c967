using System.Globalization;
using System.Text;

namespace NativeFlow.Cli;

/// <summary>A plot of lines as an inline SVG picture: axes with titles and ticks, bands, guides, and each line's name at its end. Colours come from <see cref="PlotStyle.Css"/>.</summary>
internal sealed class SvgPlot
{
    private const double Left = 66, Top = 34, Bottom = 48, SignWidth = 6.4, LabelGap = 15, Key = 30;
    private const int LongestLabel = 30;

    public required string Title { get; init; }

    public required string XTitle { get; init; }

    public required string YTitle { get; init; }

    public required AxisScale X { get; init; }

    public required AxisScale Y { get; init; }

    public required IReadOnlyList<PlotLine> Lines { get; init; }

    public IReadOnlyList<PlotGuide> Guides { get; init; } = [];

    /// <summary>Tells its parts from those of the other plots of a page: letters and digits.</summary>
    public required string Id { get; init; }

    /// <summary>Pixels across the axes.</summary>
    public double PlotWidth { get; init; } = 400;

    /// <summary>Pixels up the axes.</summary>
    public double PlotHeight { get; init; } = 250;

    public string Render()
    {
        double labels = Lines.Count == 0 ? 0 : Lines.Max(l => Math.Min(l.Name.Length, LongestLabel) * SignWidth);
        double width = Left + PlotWidth + (labels > 0 ? Key + labels + 30 : 16), height = Top + PlotHeight + Bottom;
        var svg = new StringBuilder();
        svg.Append(F($"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {width:0.#} {height:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\" role=\"img\" aria-labelledby=\"{Id}t\">\n"));
        svg.Append(F($"<title id=\"{Id}t\">{MarkupText.Html(Title)}</title>\n"));
        svg.Append(F($"<clipPath id=\"{Id}c\"><rect x=\"{Left}\" y=\"{Top}\" width=\"{PlotWidth}\" height=\"{PlotHeight}\"/></clipPath>\n"));
        svg.Append(F($"<text class=\"head\" x=\"{Left}\" y=\"18\">{MarkupText.Html(Title)}</text>\n"));
        Axes(svg);
        svg.Append(F($"<g clip-path=\"url(#{Id}c)\">\n"));
        foreach (PlotLine line in Lines) Band(svg, line);
        foreach (PlotGuide guide in Guides) svg.Append(F($"<line class=\"guide\" x1=\"{AtX(guide.From.X):0.##}\" y1=\"{AtY(guide.From.Y):0.##}\" x2=\"{AtX(guide.To.X):0.##}\" y2=\"{AtY(guide.To.Y):0.##}\"/>\n"));
        foreach (PlotLine line in Lines) Line(svg, line);
        svg.Append("</g>\n");
        foreach (PlotLine line in Lines) End(svg, line);
        foreach (PlotGuide guide in Guides) GuideText(svg, guide);
        Labels(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private void Axes(StringBuilder svg)
    {
        double right = Left + PlotWidth, foot = Top + PlotHeight;
        foreach (double tick in Y.Ticks)
        {
            double y = AtY(tick);
            svg.Append(F($"<line class=\"grid\" x1=\"{Left}\" y1=\"{y:0.##}\" x2=\"{right}\" y2=\"{y:0.##}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{Left - 7}\" y=\"{y + 4:0.##}\">{Y.Label(tick)}</text>\n"));
        }

        foreach (double tick in X.Ticks)
        {
            double x = AtX(tick);
            svg.Append(F($"<line class=\"axis\" x1=\"{x:0.##}\" y1=\"{foot}\" x2=\"{x:0.##}\" y2=\"{foot + 4}\"/><text class=\"tick\" text-anchor=\"middle\" x=\"{x:0.##}\" y=\"{foot + 17}\">{X.Label(tick)}</text>\n"));
        }

        svg.Append(F($"<line class=\"axis\" x1=\"{Left}\" y1=\"{foot}\" x2=\"{right}\" y2=\"{foot}\"/>\n"));
        svg.Append(F($"<text class=\"title\" text-anchor=\"middle\" x=\"{Left + PlotWidth / 2}\" y=\"{foot + 37}\">{MarkupText.Html(XTitle)}</text>\n"));
        svg.Append(F($"<text class=\"title\" text-anchor=\"middle\" transform=\"translate(14 {Top + PlotHeight / 2}) rotate(-90)\">{MarkupText.Html(YTitle)}</text>\n"));
    }

    private void Band(StringBuilder svg, PlotLine line)
    {
        if (line.Band is not { } band || line.Points.Count < 2) return;
        svg.Append(F($"<path class=\"band {PlotStyle.Fill(line.Style)}\" d=\""));
        for (int i = 0; i < band.Count; i++) svg.Append(F($"{(i == 0 ? 'M' : 'L')}{AtX(line.Points[i].X):0.##} {AtY(band[i].High):0.##}"));
        for (int i = band.Count - 1; i >= 0; i--) svg.Append(F($"L{AtX(line.Points[i].X):0.##} {AtY(band[i].Low):0.##}"));
        svg.Append("Z\"/>\n");
    }

    private void Line(StringBuilder svg, PlotLine line)
    {
        if (line.Points.Count == 0) return;
        if (line.Points.Count > 1)
        {
            svg.Append(F($"<path class=\"{(line.IsBroken ? "broken" : "line")} {PlotStyle.Stroke(line.Style)}\"{PlotStyle.Dash(line.Style)} d=\""));
            for (int i = 0; i < line.Points.Count; i++) svg.Append(F($"{(i == 0 ? 'M' : 'L')}{AtX(line.Points[i].X):0.##} {AtY(line.Points[i].Y):0.##}"));
            svg.Append("\"/>\n");
        }

        if (line.HasMarkers)
            foreach ((double x, double y) in line.Points) svg.Append(PlotStyle.Marker(line.Style, AtX(x), AtY(y), 4)).Append('\n');
    }

    // A sign where a line ends, so that one that ends early can be followed to its name; one that ends outside has it at the edge.
    private void End(StringBuilder svg, PlotLine line)
    {
        if (line.Points.Count == 0 || line.HasMarkers) return;
        double x = AtX(line.Points[^1].X), y = Math.Clamp(AtY(line.Points[^1].Y), Top + 6, Top + PlotHeight);
        svg.Append(line.IsBroken ? F($"<path class=\"cross {PlotStyle.Stroke(line.Style)}\" d=\"{Cross(x, y)}\"/>") : PlotStyle.Marker(line.Style, x, y, 4)).Append('\n');
    }

    private void GuideText(StringBuilder svg, PlotGuide guide)
    {
        if (guide.Text.Length == 0) return;
        bool upright = guide.From.X == guide.To.X;
        (double X, double Y) end = upright ? guide.To.Y > guide.From.Y ? guide.To : guide.From : guide.To;
        double x = Math.Clamp(AtX(end.X), Left, Left + PlotWidth), y = Math.Clamp(AtY(end.Y), Top, Top + PlotHeight);
        // Beside an upright line on the side that has room; left of the end of any other.
        bool leftwards = !upright || x > Left + 0.6 * PlotWidth;
        svg.Append(F($"<text class=\"note\" text-anchor=\"{(leftwards ? "end" : "start")}\" x=\"{(upright ? x + (leftwards ? -5 : 5) : x - 8):0.##}\" y=\"{(upright || y < Top + 10 ? y + 12 : y + 24):0.##}\">{MarkupText.Html(guide.Text)}</text>\n"));
    }

    // Each name beside the end of its line, pushed apart where two would lie on each other.
    private void Labels(StringBuilder svg)
    {
        PlotLine[] named = [.. Lines.Where(l => l.Name.Length > 0).OrderBy(l => l.Points.Count == 0 ? double.PositiveInfinity : AtY(l.Points[^1].Y))];
        double[] places = Spread([.. named.Select(l => l.Points.Count == 0 ? Top + PlotHeight : Math.Clamp(AtY(l.Points[^1].Y), Top + 6, Top + PlotHeight - 6))], Top + 6, Top + PlotHeight - 4);
        double x = Left + PlotWidth + 16;
        for (int i = 0; i < named.Length; i++)
        {
            PlotLine line = named[i];
            double y = places[i];
            if (line.Points.Count > 0)
            {
                double fromX = Math.Min(AtX(line.Points[^1].X), Left + PlotWidth), fromY = Math.Clamp(AtY(line.Points[^1].Y), Top, Top + PlotHeight);
                // Through the picture it would be one more line.
                if (fromX > Left + 0.9 * PlotWidth) svg.Append(F($"<line class=\"leader\" x1=\"{fromX + 5:0.##}\" y1=\"{fromY:0.##}\" x2=\"{x:0.##}\" y2=\"{y:0.##}\"/>"));
            }

            svg.Append(F($"<path class=\"line {PlotStyle.Stroke(line.Style)}\"{PlotStyle.Dash(line.Style)} d=\"M{x:0.##} {y:0.##}h24\"/>{PlotStyle.Marker(line.Style, x + 12, y, 3.5)}"));
            svg.Append(F($"<text class=\"label\" x=\"{x + Key - 3:0.##}\" y=\"{y + 4:0.##}\">{MarkupText.Html(Short(line.Name))}</text>\n"));
        }
    }

    /// <summary>Moves sorted places apart until each is <see cref="LabelGap"/> from the next, within the bounds where these allow.</summary>
    internal static double[] Spread(double[] places, double low, double high)
    {
        double gap = places.Length < 2 ? 0 : Math.Min(LabelGap, (high - low) / (places.Length - 1));
        for (int i = 1; i < places.Length; i++) places[i] = Math.Max(places[i], places[i - 1] + gap);
        double limit = high;
        for (int i = places.Length - 1; i >= 0; i--, limit -= gap) places[i] = Math.Min(places[i], limit);
        return places;
    }

    private static string Short(string name) => name.Length <= LongestLabel ? name : string.Concat(name.AsSpan(0, LongestLabel - 1), "…");

    private static string Cross(double x, double y) => F($"M{x - 5:0.##} {y - 5:0.##}l10 10m0 -10l-10 10");

    private double AtX(double value) => Left + PlotWidth * Math.Clamp(X.Share(value), -10, 11);

    // Far outside is far enough; a renderer need not cope with coordinates of 1e30.
    private double AtY(double value) => Top + PlotHeight * (1 - Math.Clamp(Y.Share(value), -10, 11));

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
