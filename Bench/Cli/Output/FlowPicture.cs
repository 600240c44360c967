using System.Globalization;
using System.Text;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>A two-dimensional model in three panels over the same stretch of the plane: its density, its samples, and the images of a regular latent grid.</summary>
/// <param name="Bounds">Least and largest x and y shown.</param>
/// <param name="Density">Density at the pixels' centres, [size x size], the first row on top (largest y).</param>
/// <param name="Size">Pixels across a panel.</param>
/// <param name="Samples">[count x 2].</param>
/// <param name="GridLines">Polylines, each [points x 2].</param>
internal sealed record FlowPicture((double Left, double Right, double Bottom, double Top) Bounds, double[] Density, int Size, double[] Samples, IReadOnlyList<double[]> GridLines)
{
    private const int Margin = 24, Gap = 24, Head = 30, Foot = 28;
    private static readonly string[] Titles = ["density", "samples", "image of the latent grid"];
    private static readonly (byte, byte, byte) Ink = (40, 40, 40), Frame = (150, 150, 150), Point = (33, 102, 172), Curve = (178, 24, 43);

    private int Width => 2 * Margin + 3 * Size + 2 * Gap;

    private int Height => Head + Size + Foot;

    /// <summary>Writes it, as the file's ending says.</summary>
    public void Write(string path)
    {
        if (path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase)) AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Svg())));
        else PngWriter.WriteRgb(path, Draw().Pixels, Width, Height);
    }

    private string RangeX => $"x {Number(Bounds.Left)} to {Number(Bounds.Right)}";

    private string RangeY => $"y {Number(Bounds.Bottom)} to {Number(Bounds.Top)}";

    private int PanelLeft(int panel) => Margin + panel * (Size + Gap);

    private double PixelX(double x) => (x - Bounds.Left) / (Bounds.Right - Bounds.Left) * Size;

    private double PixelY(double y) => (Bounds.Top - y) / (Bounds.Top - Bounds.Bottom) * Size;

    private double PointSize => Math.Clamp(60 / Math.Sqrt(Samples.Length / 2.0 + 1), 0.7, 2.5) * Size / 480;

    private Canvas Draw()
    {
        var canvas = new Canvas(Width, Height);
        for (int panel = 0; panel < 3; panel++)
        {
            int left = PanelLeft(panel);
            canvas.Text(left, 10, Titles[panel], Canvas.TextWidth(Titles[panel], 2) <= Size ? 2 : 1, Ink);
            DrawRanges(canvas, left, Head + Size + 7);
            canvas.Fill(left - 1, Head - 1, Size + 2, Size + 2, Frame);
            canvas.Fill(left, Head, Size, Size, (255, 255, 255));
        }

        DrawDensity(canvas, PanelLeft(0), Head);
        canvas.Window = (PanelLeft(1), Head, Size, Size);
        for (int i = 0; i < Samples.Length; i += 2) canvas.Dot(PanelLeft(1) + PixelX(Samples[i]) - 0.5, Head + PixelY(Samples[i + 1]) - 0.5, PointSize, Point, 0.6);
        canvas.Window = (PanelLeft(2), Head, Size, Size);
        foreach (double[] line in GridLines)
            for (int i = 2; i < line.Length; i += 2)
                canvas.Line(PanelLeft(2) + PixelX(line[i - 2]) - 0.5, Head + PixelY(line[i - 1]) - 0.5, PanelLeft(2) + PixelX(line[i]) - 0.5, Head + PixelY(line[i + 1]) - 0.5, 1.2 * Size / 480, Curve);
        return canvas;
    }

    // Side by side where both fit, else one below the other.
    private void DrawRanges(Canvas canvas, int left, int top)
    {
        int dots = Canvas.TextWidth(RangeX, 1) + Canvas.TextWidth(RangeY, 1) + 12, dot = 2 * dots <= Size ? 2 : 1;
        bool beside = dots * dot <= Size;
        canvas.Text(left, top, RangeX, dot, Ink);
        canvas.Text(beside ? left + Size - Canvas.TextWidth(RangeY, dot) : left, beside ? top : top + 10, RangeY, dot, Ink);
    }

    private void DrawDensity(Canvas canvas, int left, int top)
    {
        double most = Ceiling;
        for (int i = 0; i < Density.Length; i++) canvas.Blend(left + i % Size, top + i / Size, ColourMap.Of(Density[i] / most), 1);
    }

    /// <summary>What the lightest colour stands for: the density that one pixel in a thousand exceeds, so that a spike does not darken all else.</summary>
    public double Ceiling
    {
        get
        {
            double[] sorted = [.. Density];
            Array.Sort(sorted);
            double high = sorted[(int)(0.999 * (sorted.Length - 1))];
            return high > 0 ? high : Math.Max(sorted[^1], double.Epsilon);
        }
    }

    private string Svg()
    {
        var heat = new Canvas(Size, Size);
        DrawDensity(heat, 0, 0);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#282828\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (int panel = 0; panel < 3; panel++)
        {
            int left = PanelLeft(panel);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{Head - 9}\">{Titles[panel]}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{Head + Size + 19}\">{RangeX}</text><text x=\"{left + Size}\" y=\"{Head + Size + 19}\" text-anchor=\"end\">{RangeY}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<svg x=\"{left}\" y=\"{Head}\" width=\"{Size}\" height=\"{Size}\" viewBox=\"0 0 {Size} {Size}\">\n");
            Panel(svg, panel, heat);
            svg.Append("</svg>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{left}\" y=\"{Head}\" width=\"{Size}\" height=\"{Size}\" fill=\"none\" stroke=\"#969696\"/>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private void Panel(StringBuilder svg, int panel, Canvas heat)
    {
        if (panel == 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<image width=\"{Size}\" height=\"{Size}\" href=\"data:image/png;base64,{Convert.ToBase64String(PngWriter.EncodeRgb(heat.Pixels, Size, Size))}\"/>\n");
        }
        else if (panel == 1)
        {
            svg.Append("<g fill=\"#2166ac\" fill-opacity=\"0.6\">\n");
            for (int i = 0; i < Samples.Length; i += 2)
                if (IsInside(Samples[i], Samples[i + 1])) svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{PixelX(Samples[i]):F1}\" cy=\"{PixelY(Samples[i + 1]):F1}\" r=\"{PointSize:F2}\"/>\n");
            svg.Append("</g>\n");
        }
        else
        {
            svg.Append(CultureInfo.InvariantCulture, $"<g fill=\"none\" stroke=\"#b2182b\" stroke-width=\"{1.2 * Size / 480:F2}\">\n");
            foreach (double[] line in GridLines)
            {
                svg.Append("<polyline points=\"");
                for (int i = 0; i < line.Length; i += 2) svg.Append(CultureInfo.InvariantCulture, $"{Near(PixelX(line[i])):F1},{Near(PixelY(line[i + 1])):F1} ");
                svg.Append("\"/>\n");
            }

            svg.Append("</g>\n");
        }
    }

    private bool IsInside(double x, double y) => x >= Bounds.Left && x <= Bounds.Right && y >= Bounds.Bottom && y <= Bounds.Top;

    // Viewers do not take coordinates of any size.
    private double Near(double pixel) => Math.Clamp(pixel, -10.0 * Size, 11.0 * Size);

    // Two decimals, and zeros or an E only where the size calls for them.
    private static string Number(double value) => value.ToString(Math.Abs(value) is >= 0.1 and < 1e5 or 0 ? "0.##" : "0.##e0", CultureInfo.InvariantCulture);
}
