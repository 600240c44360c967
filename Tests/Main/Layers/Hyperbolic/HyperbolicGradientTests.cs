using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Gradients against central differences at every radius, from the origin to far out, with respect to the radius too; finite everywhere.</summary>
public sealed class HyperbolicGradientTests
{
    public static TheoryData<double> Radii => [0.5, 1, 2, 11];

    private static readonly double[] Lengths = [0, 1e-8, 1e-4, 1, 8];

    private static double[] Row(double length, double angle = 0.7) => [length * Math.Cos(angle), length * Math.Sin(angle) * 0.6, length * Math.Sin(angle) * -0.8];

    [Theory, MemberData(nameof(Radii))]
    public void RadialMaps(double radius)
    {
        foreach (double length in Lengths)
            foreach (RadialFunction f in (RadialFunction[])[RadialFunction.Sinh, RadialFunction.Asinh, RadialFunction.Tanh])
            {
                var map = new Recorded<double>((t, x) => t.RadialMap(x[0], x[1], f));
                double[][] at = [Row(length), [radius]];
                Check(map, [1e-3 * Math.Min(radius, 1), 1e-3 * radius], at, $"{f} at {length}, R = {radius}");
            }
    }

    [Theory, MemberData(nameof(Radii))]
    public void LogSinhRatio(double radius)
    {
        foreach (double length in Lengths)
        {
            var map = new Recorded<double>((t, x) => t.LogSinhRatio(t.SumColumns(t.Square(t.Divide(x[0], x[1])))));
            Check(map, [1e-3 * Math.Min(radius, 1), 1e-3 * radius], [Row(length), [radius]], $"at {length}, R = {radius}");
        }
    }

    [Theory, MemberData(nameof(Radii))]
    public void Translation(double radius)
    {
        foreach (bool back in (bool[])[false, true])
            foreach (double length in Lengths)
                foreach (double angle in (double[])[0.7, 0.7 + 1e-6, 2.2, -2.4])
                    foreach (double rapidity in (double[])[0, 1e-8, 1e-3, 0.49999, 0.50001, 1.3, 4])
                    {
                        var map = new Recorded<double>((t, x) => t.HyperbolicTranslate(x[0], x[1], x[2], back));
                        double[] to = Row(radius * Math.Sinh(rapidity), angle);
                        Check(map, [1e-3 * Math.Min(radius, 1), 1e-3 * radius * Math.Min(radius, 1) * Math.Cosh(rapidity), 1e-3 * radius], [Row(length), to, [radius]],
                            $"v {length}, angle {angle}, rapidity {rapidity}, R = {radius}, back {back}");
                    }
    }

    [Theory, MemberData(nameof(Radii))]
    public void Distance(double radius)
    {
        foreach (double length in (double[])[0, 1e-4, 1, 4])
            foreach (double apart in (double[])[0.1, 1, 4])
            {
                var map = new Recorded<double>((t, x) => t.HyperbolicDistance(t.RadialMap(x[0], x[2], RadialFunction.Sinh), t.RadialMap(x[1], x[2], RadialFunction.Sinh), x[2]));
                double[] y = Row(length, 0.9);
                y[0] += apart;
                Check(map, [1e-3 * Math.Min(radius, 0.5) * Math.Min(1, apart), 1e-3 * Math.Min(radius, 0.5) * Math.Min(1, apart), 1e-3 * radius], [Row(length), y, [radius]], $"at {length}, apart {apart}, R = {radius}");
            }
    }

    [Fact]
    public void CoincidingPointsHaveDistanceAndGradientZero()
    {
        var map = new Recorded<double>((t, x) => t.HyperbolicDistance(x[0], x[1], x[2]));
        foreach (double length in (double[])[0, 1, 1e9])
        {
            Assert.Equal([0.0], map.Value(Row(length), Row(length), [2]));
            foreach (double[] g in map.Gradient(Row(length), Row(length), [2])) Assert.All(g, v => Assert.Equal(0, v));
        }
    }

    private static void Check(Recorded<double> map, double[] steps, double[][] at, string what)
    {
        double[][] wanted = map.Differences(steps, at), got = map.Gradient(at);
        double largest = Math.Sqrt(wanted[0].Sum(v => v * v));
        for (int k = 0; k < at.Length; k++)
        {
            Assert.All(got[k], v => Assert.True(double.IsFinite(v), $"{what}: gradient {k} is {v}"));
            // Below the rounding of the differences themselves there is nothing to compare.
            Recorded<double>.Near(wanted[k], got[k], 1e-6, $"{what}, input {k}", floor: 1e-10 * Math.Max(1, largest));
        }
    }
}
