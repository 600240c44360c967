using System.Globalization;
using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Disk;

/// <summary>The Poincare disk: its boundary, a grid of geodesics, a density, edges as geodesic arcs, points with names, a legend. Coordinates are those of the unit disk.</summary>
internal sealed class DiskPicture
{
    private const int Margin = 26, Head = 40, LegendWidth = 150;
    private const double GridReach = 4.5, GridStep = 0.75;
    private static readonly (byte Red, byte Green, byte Blue) Ink = (40, 40, 40), Rim = (110, 110, 110), Grid = (225, 225, 230), OnDark = (255, 255, 255), Leader = (140, 140, 140);

    public string Title { get; init; } = "";

    /// <summary>Pixels across the disk.</summary>
    public int Size { get; init; } = 800;

    /// <summary>Size of the names, in pixels.</summary>
    public double LabelSize { get; init; } = 12;

    public DiskHeat? Heat { get; init; }

    /// <summary>Later ones lie on top.</summary>
    public List<DiskMark> Marks { get; } = [];

    /// <summary>Later ones lie on top.</summary>
    public List<(GeodesicArc Arc, (byte Red, byte Green, byte Blue) Colour)> Edges { get; } = [];

    public double EdgeWidth { get; init; } = 0.8;

    /// <summary>Coloured dots and what they stand for.</summary>
    public List<((byte Red, byte Green, byte Blue) Colour, string Text)> Legend { get; } = [];

    /// <summary>Lines below the legend.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>How many of the names have room.</summary>
    public int LabelsPlaced => Labels().Count;

    private bool HasLegend => Legend.Count > 0 || Notes.Count > 0 || Heat is not null;

    public int Width => 2 * Margin + Size + (HasLegend ? LegendWidth : 0);

    public int Height => Head + Size + Margin;

    private double CentreX => Margin + 0.5 * Size;

    private double CentreY => Head + 0.5 * Size;

    /// <summary>Writes it, as the file's ending says.</summary>
    public void Write(string path)
    {
        if (path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase)) AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Svg())));
        else PngWriter.WriteRgb(path, Draw().Pixels, Width, Height);
    }

    public Canvas Draw()
    {
        var canvas = new Canvas(Width, Height);
        StrokeFont.Draw(canvas, Margin, 24, Title, 17, 1.5, Ink);
        Heat?.Draw(canvas, CentreX, CentreY, 0.5 * Size);
        foreach (GeodesicArc arc in GridArcs()) Draw(canvas, arc, 1, Heat is null ? Grid : OnDark, Heat is null ? 1 : 0.12);
        foreach ((GeodesicArc arc, (byte, byte, byte) colour) in Edges) Draw(canvas, arc, EdgeWidth, colour, 1);
        for (int k = 0; k < 720; k++) canvas.Line(CircleX(k), CircleY(k), CircleX(k + 1), CircleY(k + 1), 1.4, Rim);
        foreach (DiskMark mark in Marks) canvas.Dot(AtX(mark.X) - 0.5, AtY(mark.Y) - 0.5, mark.Size, mark.Colour, 1);
        foreach (DiskLabels.Placed label in Labels())
        {
            if (label.Leads) canvas.Line(label.PointX, label.PointY, NearX(label), NearY(label), 0.8, Leader);
            StrokeFont.Draw(canvas, label.X, label.Y, label.Text, LabelSize, 4, (255, 255, 255));
            StrokeFont.Draw(canvas, label.X, label.Y, label.Text, LabelSize, 1.2, Ink);
        }

        double x = 2 * Margin + Size, y = Head + 20;
        if (Heat is { } heat)
        {
            for (int i = 0; i < 160; i++) canvas.Fill((int)x, (int)y + i, 16, 1, ColourMap.Of(1 - i / 159.0));
            StrokeFont.Draw(canvas, x + 22, y + 10, Number(heat.Ceiling), 12, 1.1, Ink);
            StrokeFont.Draw(canvas, x + 22, y + 160, "0", 12, 1.1, Ink);
            StrokeFont.Draw(canvas, x, y + 182, "density per area", 12, 1.1, Ink);
            y += 215;
        }

        foreach (((byte, byte, byte) colour, string text) in Legend)
        {
            canvas.Dot(x + 4, y - 4, 4.5, colour, 1);
            StrokeFont.Draw(canvas, x + 16, y, text, 12, 1.1, Ink);
            y += 19;
        }

        foreach (string note in Notes) StrokeFont.Draw(canvas, x, y += 19, note, 11, 1, Ink);
        return canvas;
    }

    public string Svg()
    {
        var svg = new StringBuilder();
        svg.Append(F($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"{Hex(Ink)}\" role=\"img\">\n"));
        svg.Append(F($"<title>{MarkupText.Html(Title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{Margin}\" y=\"24\" font-size=\"17\">{MarkupText.Html(Title)}</text>\n"));
        if (Heat is { } heat)
        {
            var canvas = new Canvas(Size, Size);
            heat.Draw(canvas, 0.5 * Size, 0.5 * Size, 0.5 * Size);
            svg.Append(F($"<image x=\"{Margin}\" y=\"{Head}\" width=\"{Size}\" height=\"{Size}\" href=\"data:image/png;base64,{Convert.ToBase64String(PngWriter.EncodeRgb(canvas.Pixels, Size, Size))}\"/>\n"));
        }

        svg.Append(Heat is null ? F($"<g fill=\"none\" stroke=\"{Hex(Grid)}\">\n") : "<g fill=\"none\" stroke=\"white\" stroke-opacity=\"0.12\">\n");
        foreach (GeodesicArc arc in GridArcs()) Path(svg, arc, null);
        svg.Append(F($"</g>\n<g fill=\"none\" stroke-width=\"{EdgeWidth}\">\n"));
        foreach ((GeodesicArc arc, (byte, byte, byte) colour) in Edges) Path(svg, arc, colour);
        svg.Append(F($"</g>\n<circle cx=\"{CentreX}\" cy=\"{CentreY}\" r=\"{0.5 * Size}\" fill=\"none\" stroke=\"{Hex(Rim)}\" stroke-width=\"1.4\"/>\n"));
        foreach (DiskMark mark in Marks)
            svg.Append(F($"<circle cx=\"{AtX(mark.X):F1}\" cy=\"{AtY(mark.Y):F1}\" r=\"{mark.Size:0.#}\" fill=\"{Hex(mark.Colour)}\">")).Append(mark.Label is null ? "" : $"<title>{MarkupText.Html(mark.Label)}</title>").Append("</circle>\n");
        svg.Append(F($"<g font-size=\"{LabelSize}\" stroke-linejoin=\"round\">\n"));
        foreach (DiskLabels.Placed label in Labels())
        {
            if (label.Leads) svg.Append(F($"<line x1=\"{label.PointX:F1}\" y1=\"{label.PointY:F1}\" x2=\"{NearX(label):F1}\" y2=\"{NearY(label):F1}\" stroke=\"{Hex(Leader)}\" stroke-width=\"0.8\"/>"));
            svg.Append(F($"<text x=\"{label.X:F1}\" y=\"{label.Y:F1}\" stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\">{MarkupText.Html(label.Text)}</text>\n"));
        }

        svg.Append("</g>\n");
        SvgLegend(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private void SvgLegend(StringBuilder svg)
    {
        double x = 2 * Margin + Size, y = Head + 20;
        if (Heat is { } heat)
        {
            for (int i = 0; i < 160; i++) svg.Append(F($"<rect x=\"{x}\" y=\"{y + i}\" width=\"16\" height=\"1.5\" fill=\"{Hex(ColourMap.Of(1 - i / 159.0))}\"/>"));
            svg.Append(F($"\n<text x=\"{x + 22}\" y=\"{y + 10}\">{Number(heat.Ceiling)}</text><text x=\"{x + 22}\" y=\"{y + 160}\">0</text><text x=\"{x}\" y=\"{y + 182}\">density per area</text>\n"));
            y += 215;
        }

        foreach (((byte, byte, byte) colour, string text) in Legend)
        {
            svg.Append(F($"<circle cx=\"{x + 4}\" cy=\"{y - 4}\" r=\"4.5\" fill=\"{Hex(colour)}\"/><text x=\"{x + 16}\" y=\"{y}\">{MarkupText.Html(text)}</text>\n"));
            y += 19;
        }

        foreach (string note in Notes) svg.Append(F($"<text x=\"{x}\" y=\"{y += 19}\" font-size=\"11\">{MarkupText.Html(note)}</text>\n"));
    }

    // Two families of geodesics, at equal distances along the one diameter that each meets at right angles.
    private static IEnumerable<GeodesicArc> GridArcs()
    {
        for (double d = 0; d < GridReach; d += GridStep)
        {
            double a = Math.Tanh(0.5 * d), x = 2 * a / (1 + a * a), y = Math.Sqrt(1 - x * x);
            for (int side = d == 0 ? 1 : -1; side <= 1; side += 2)
            {
                yield return new GeodesicArc((side * x, -y), (side * x, y));
                yield return new GeodesicArc((-y, side * x), (y, side * x));
            }
        }
    }

    private List<DiskLabels.Placed> Labels()
    {
        var labels = new List<DiskLabels.Placed>();
        var places = new DiskLabels((2, Head - 12, Margin + Size + Margin - 2, Height - 2));
        DiskMark[] named = [.. Marks.Where(m => m.Label is not null).OrderBy(m => m.Rank)];
        foreach (DiskMark mark in named) places.Block(AtX(mark.X) - mark.Size, AtY(mark.Y) - mark.Size, AtX(mark.X) + mark.Size, AtY(mark.Y) + mark.Size);
        foreach (DiskMark mark in named)
            if (places.Place(mark.Label!, AtX(mark.X), AtY(mark.Y), LabelSize) is { } placed) labels.Add(placed);
        return labels;
    }

    private void Draw(Canvas canvas, GeodesicArc arc, double width, (byte, byte, byte) colour, double share)
    {
        double length = 0.5 * Size * (Math.Abs(arc.To.X - arc.From.X) + Math.Abs(arc.To.Y - arc.From.Y));
        (double X, double Y)? last = null;
        foreach ((double X, double Y) p in arc.Points(Math.Clamp((int)(length / 4), 2, 200)))
        {
            if (last is { } q) canvas.Line(AtX(q.X) - 0.5, AtY(q.Y) - 0.5, AtX(p.X) - 0.5, AtY(p.Y) - 0.5, width, colour, share);
            last = p;
        }
    }

    private void Path(StringBuilder svg, GeodesicArc arc, (byte, byte, byte)? colour)
    {
        svg.Append(colour is { } c1 ? F($"<path stroke=\"{Hex(c1)}\" d=\"") : "<path d=\"").Append(F($"M{AtX(arc.From.X):F2} {AtY(arc.From.Y):F2}"));
        if (arc.Circle is { } c)
        {
            // The screen's y runs down: a turn to the left in the disk is one to the left on the screen too, which SVG calls sweep 0.
            bool left = (arc.From.X - c.X) * (arc.To.Y - c.Y) - (arc.From.Y - c.Y) * (arc.To.X - c.X) > 0;
            svg.Append(F($"A{0.5 * Size * c.Radius:F2} {0.5 * Size * c.Radius:F2} 0 0 {(left ? 0 : 1)} {AtX(arc.To.X):F2} {AtY(arc.To.Y):F2}\"/>\n"));
        }
        else
        {
            svg.Append(F($"L{AtX(arc.To.X):F2} {AtY(arc.To.Y):F2}\"/>\n"));
        }
    }

    private double AtX(double x) => CentreX + 0.5 * Size * x;

    private double AtY(double y) => CentreY - 0.5 * Size * y;

    private double CircleX(int k) => CentreX + 0.5 * Size * Math.Cos(k * Math.PI / 360) - 0.5;

    private double CircleY(int k) => CentreY + 0.5 * Size * Math.Sin(k * Math.PI / 360) - 0.5;

    private double NearX(in DiskLabels.Placed label) => Math.Clamp(label.PointX, label.X, label.X + label.Width);

    private double NearY(in DiskLabels.Placed label) => Math.Clamp(label.PointY, label.Y - 0.7 * LabelSize, label.Y + 2);

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Hex((byte Red, byte Green, byte Blue) colour) => $"#{colour.Red:x2}{colour.Green:x2}{colour.Blue:x2}";

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
