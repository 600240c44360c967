using System.Xml.Linq;
using NativeFlow.Cli;
using NativeFlow.Cli.Disk;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The picture of the Poincare disk.</summary>
public sealed class DiskTests
{
    [Fact]
    public void ArcsAreTheGeodesics()
    {
        for (ulong k = 0; k < 40; k++)
        {
            double[] x = HyperbolicPointsTests.Point(1, 2, 0.1 * k, k), y = HyperbolicPointsTests.Point(1, 2, 2, k + 50), ends = PointViews.ToPoincare([.. x, .. y], 2, 1);
            var arc = new GeodesicArc((ends[0], ends[1]), (ends[2], ends[3]));
            double whole = HyperbolicPoints.Distance(x, y, 1);
            foreach ((double px, double py) in arc.Points(9))
            {
                // On the geodesic the triangle inequality is an equality.
                double[] p = PointViews.FromPoincare([px, py], 2, 1);
                Assert.Equal(whole, HyperbolicPoints.Distance(x, p, 1) + HyperbolicPoints.Distance(p, y, 1), 1e-7);
            }
        }

        Assert.Null(new GeodesicArc((0.5, 0), (-0.3, 0)).Circle);
        Assert.Null(new GeodesicArc((0.5, 0.2), (0.5, 0.2)).Circle);
    }

    [Fact]
    public void SvgArcsBendAsThePointsDo()
    {
        // The middle of the geodesic from (0.6, 0) to (0, 0.6) lies nearer to the centre than the chord: the arc's circle has its centre up right, so the short way is a turn that SVG calls sweep 1 or 0 by the order of the ends.
        foreach (bool turned in (bool[])[false, true])
        {
            var picture = new DiskPicture { Size = 200 };
            (double, double) a = (0.6, 0), b = (0, 0.6);
            picture.Edges.Add((turned ? new GeodesicArc(b, a) : new GeodesicArc(a, b), (1, 2, 3)));
            string path = XElement.Parse(picture.Svg()).Descendants().Where(e => e.Name.LocalName == "path").Last().Attribute("d")!.Value;
            // Seen on the screen with y down: from right to top about a centre up right is counter-clockwise in the disk as from below; its turn is to the left of the chord.
            Assert.Contains($" 0 0 {(turned ? 0 : 1)} ", path, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void LabelsDoNotLieOnEachOther()
    {
        var labels = new DiskLabels((0, 0, 400, 400));
        var placed = new List<DiskLabels.Placed>();
        for (int i = 0; i < 60; i++)
            if (labels.Place($"label {i}", 200 + 30 * Math.Cos(i), 200 + 30 * Math.Sin(i), 12) is { } label) placed.Add(label);
        Assert.InRange(placed.Count, 15, 59);
        for (int i = 0; i < placed.Count; i++)
        {
            Assert.InRange(placed[i].X, 0, 400 - placed[i].Width);
            for (int j = 0; j < i; j++)
                Assert.False(placed[i].X < placed[j].X + placed[j].Width && placed[j].X < placed[i].X + placed[i].Width && Math.Abs(placed[i].Y - placed[j].Y) < 11, $"{placed[i]} lies on {placed[j]}");
        }

        Assert.Equal("label 0", placed[0].Text);
    }

    [Fact]
    public void TheHeatMapLooksAtTheRightPlaces()
    {
        // A density that is 1 in the upper right quarter of the disk.
        double radius = 2;
        var heat = new DiskHeat(points => [.. Enumerable.Range(0, points.Length / 2).Select(i =>
        {
            Assert.True(points[2 * i] * points[2 * i] + points[2 * i + 1] * points[2 * i + 1] < radius * radius);
            return points[2 * i] > 0 && points[2 * i + 1] > 0 ? 1.0 : 0;
        })], radius, 100);
        Assert.Equal(1, heat.Ceiling);
        var picture = new DiskPicture { Size = 200, Heat = heat };
        Canvas canvas = picture.Draw();
        Assert.Equal(ColourMap.Of(1), At(0.45, 0.35));
        Assert.Equal(ColourMap.Of(0), At(-0.45, 0.35));
        Assert.Equal(ColourMap.Of(0), At(0.45, -0.35));
        Assert.Equal((255, 255, 255), At(0.9, 0.9));
        Assert.Throws<NonFiniteException>(() => new DiskHeat(points => [.. Enumerable.Repeat(double.NaN, points.Length / 2)], 1, 20));
        Assert.Contains("data:image/png;base64,", picture.Svg(), StringComparison.Ordinal);

        (byte, byte, byte) At(double x, double y)
        {
            int pixel = 3 * (canvas.Width * (int)(40 + 100 - 100 * y) + (int)(26 + 100 + 100 * x));
            return (canvas.Pixels[pixel], canvas.Pixels[pixel + 1], canvas.Pixels[pixel + 2]);
        }
    }

    [Fact]
    public void NamesAreMadeSafeAndDrawnInBothKinds()
    {
        var picture = new DiskPicture { Title = "<a & b>", Size = 200 };
        picture.Marks.Add(new DiskMark(0.2, 0.1, (1, 2, 3), 2, "x<y>\u0001é"));
        picture.Legend.Add(((1, 2, 3), "depth 0"));
        XElement svg = XElement.Parse(picture.Svg());
        Assert.Contains("x<y>\uFFFDé", svg.Descendants().Select(e => e.Value));
        Assert.Equal(picture.Svg(), picture.Svg());
        Canvas canvas = picture.Draw();
        Assert.Equal(picture.Width, canvas.Width);
        Assert.Equal(canvas.Pixels, picture.Draw().Pixels);
        // The dot is where it belongs, in its colour.
        int pixel = 3 * (canvas.Width * (int)(40 + 100 - 10) + (int)(26 + 100 + 20));
        Assert.Equal((1, 2, 3), (canvas.Pixels[pixel], canvas.Pixels[pixel + 1], canvas.Pixels[pixel + 2]));
    }
}
