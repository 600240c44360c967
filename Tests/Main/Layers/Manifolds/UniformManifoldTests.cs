using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Uniform distributions on tori and the sphere, and the coordinates of the sphere.</summary>
public sealed class UniformManifoldTests
{
    private const int Count = 40_000;

    [Fact]
    public void AnglesAreUniformAndIndependent()
    {
        double[] x = Draw(new UniformTorus<double>(2), 3, 4);
        Assert.All(x, v => Assert.InRange(v, -Math.PI, Math.BitDecrement(Math.PI)));
        Moments(x, 0, Math.PI);
        Moments(x, 1, Math.PI);
        Assert.Equal(0, Enumerable.Range(0, Count).Average(i => x[2 * i] * x[(2 * i) + 1]), 4 * Math.PI * Math.PI / 3 / Math.Sqrt(Count));
        Assert.Equal(x, Draw(new UniformTorus<double>(2), 3, 4));
        Assert.NotEqual(x, Draw(new UniformTorus<double>(2), 3, 5));
    }

    [Fact]
    public void PointsOfTheSphereAreUniform()
    {
        double[] x = Draw(new UniformSphere<double>(), 3, 4);
        Moments(x, 0, Math.PI);
        Moments(x, 1, 1);
        Assert.All(Enumerable.Range(0, Count), i => Assert.InRange(x[(2 * i) + 1], -1, 1));
    }

    [Fact]
    public void SingleSamplesMayBeScored()
    {
        using var backend = new SimdBackend<float>(1);
        using var tape = new Tape<float>(backend);
        foreach (IDistribution<float> p in (IDistribution<float>[])[new UniformTorus<float>(2), new UniformSphere<float>()])
        {
            float[] log = new float[Count];
            tape.Read(p.LogProb(tape, p.Sample(tape, Count, 1, 2)), log);
            Assert.All(log, v => Assert.Equal(p.Kind == "uniform-torus" ? -2 * Math.Log(Math.Tau) : -Math.Log(4 * Math.PI), v, 1e-6));
        }
    }

    [Theory]
    [InlineData(3.2, 0, "longitude: row 0")]
    [InlineData(0, 1.001, "height: row 0")]
    [InlineData(0, double.NaN, "height: row 0")]
    public void WhatIsNotOnTheSphereIsRefused(double longitude, double height, string named)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Assert.Contains(named, Assert.Throws<OutsideDomainException>(() => new UniformSphere<double>().LogProb(tape, tape.Input([longitude, height], 1, 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotOnTheTorusIsRefused()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        Assert.Contains("row 0, column 1 is 4", Assert.Throws<OutsideDomainException>(() => new UniformTorus<double>(2).LogProb(tape, tape.Input([0, 4], 1, 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RecordingTheLogDensityAllocatesNothing()
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] x = new double[128];
        foreach (IDistribution<double> p in (IDistribution<double>[])[new UniformTorus<double>(2), new UniformSphere<double>()])
        {
            long before = 0;
            for (int i = 0; i < 13; i++)
            {
                if (i == 3) before = GC.GetAllocatedBytesForCurrentThread();
                tape.Reset();
                p.LogProb(tape, tape.Input(x, 64, 2));
            }
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void DegreesBecomeLongitudeAndHeight()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.At("points.csv"), "# places\r\nLATITUDE,LONGITUDE\r\n0,0\r\n30,90\r\n-90,-180\r\n90,180\r\n-30,270\r\n");
        Table table = DataSource.OpenFile("sphere:" + folder.At("points.csv"));
        double[] expected = [0, 0, Math.PI / 2, 0.5, -Math.PI, -1, -Math.PI, 1, -Math.PI / 2, -0.5], row = new double[2];
        for (int r = 0; r < 5; r++)
        {
            table.CopyRow(r, row.AsSpan());
            Assert.Equal(expected[2 * r], row[0], 1e-15);
            Assert.Equal(expected[(2 * r) + 1], row[1], 1e-15);
        }
        Assert.Equal("points", table.Name);
    }

    [Theory]
    [InlineData("lat,lon\n10,20\n91,0\n", "row 1 (from 0) has the latitude 91")]
    [InlineData("lat,lon\n10,400\n", "row 0 (from 0) has the longitude 400")]
    [InlineData("lat,lon,size\n10,20,3\n", "has 3 columns")]
    public void WhatAreNotDegreesIsRefused(string text, string named)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.At("points.csv"), text);
        Assert.Contains(named, Assert.Throws<BadInputException>(() => DataSource.OpenFile("sphere:" + folder.At("points.csv"))).Message, StringComparison.Ordinal);
    }

    // Mean 0 and variance r^2/3 within four standard errors.
    private static void Moments(double[] x, int column, double r)
    {
        double mean = 0, square = 0;
        for (int i = 0; i < Count; i++) (mean, square) = (mean + (x[(2 * i) + column] / Count), square + (x[(2 * i) + column] * x[(2 * i) + column] / Count));
        Assert.Equal(0, mean, 4 * r / Math.Sqrt(3.0 * Count));
        Assert.Equal(r * r / 3, square, 4 * r * r * Math.Sqrt(4.0 / 45 / Count));
    }

    private static double[] Draw(IDistribution<double> p, ulong key, ulong stream)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] x = new double[2 * Count];
        tape.Read(p.Sample(tape, Count, key, stream), x);
        return x;
    }
}
