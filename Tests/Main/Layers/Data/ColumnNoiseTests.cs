using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class ColumnNoiseTests
{
    [Theory]
    [InlineData(1, 3.0, 7.0, 8.0, -2.0)]
    [InlineData(5, 100.0, 105.0, 90.0, 0.0)]
    [InlineData(4, 3.0, 7.0, -1.0, 15.0)]
    [InlineData(0.1, 0.3, 0.7, 0.2, 1.1)]
    [InlineData(0.005, 0.615, 0.62, 0.4, 12.345)]
    [InlineData(1e-5, 0.99578, 0.9968, 1.0, 0.99999)]
    [InlineData(1e-12, 0.000000000001, 0.5, 0.25, 0.000000000003)]
    [InlineData(1e-6, 0.46880299999999997, 1.2, 0.8034789999999999, 3.000001)]
    [InlineData(0, 0.3333333333333333, 0.1428571428571428, 0.5, 0.77)]
    [InlineData(0, 1e300, 2e300, 0.5, 0.77)]
    [InlineData(double.PositiveInfinity, 2.5, 2.5, 2.5, 2.5)]
    public void TheStepIsTheGridOfTheValues(double expected, params double[] values) => Assert.Equal(expected, ColumnNoise.StepOf(values));

    [Fact]
    public void AFewOthersDoNotHideTheGrid()
    {
        double[] values = [.. Enumerable.Range(0, 95).Select(i => (90 + i) / 10.0), .. Enumerable.Range(0, 5).Select(i => 9 + i / 3.0 + 1e-13)];
        Assert.Equal(0.1, ColumnNoise.StepOf(values));
        Assert.Equal(0, ColumnNoise.StepOf([.. values, 1 / 3.0, 1 / 7.0]));
        Assert.Equal(1, ColumnNoise.StepOf([.. Enumerable.Repeat(4.0, 99), 0.123456]));
    }

    [Fact]
    public void NoiseIsUniformOnOneStepOfTheColumnsThatHaveOneOnAllParts()
    {
        DataSet set = Rounded(4000), noisy = Noise(set).Apply(set, 3);
        Assert.Equal([0.5, 0, 10], Noise(set).Steps.ToArray());
        Assert.Equal(2, Noise(set).Count);
        foreach ((Table before, Table after) in (ReadOnlySpan<(Table, Table)>)[(set.Train, noisy.Train), (set.Validation, noisy.Validation), (set.Test, noisy.Test)])
        {
            Assert.Equal(before.Rows, after.Rows);
            foreach ((int column, double step) in (ReadOnlySpan<(int, double)>)[(0, 0.5), (2, 10)])
            {
                double[] u = [.. Enumerable.Range(0, before.Rows).Select(r => (after[r, column] - before[r, column]) / step)];
                Assert.All(u, v => Assert.InRange(v, -1e-12, 1));
                // Mean 1/2 and variance 1/12, within 4 standard errors of each.
                Assert.InRange(u.Average() - 0.5, -4 * Math.Sqrt(1 / 12.0 / u.Length), 4 * Math.Sqrt(1 / 12.0 / u.Length));
                Assert.InRange(u.Average(v => (v - 0.5) * (v - 0.5)) - 1 / 12.0, -4 * Math.Sqrt(1 / 180.0 / u.Length), 4 * Math.Sqrt(1 / 180.0 / u.Length));
            }

            for (int r = 0; r < before.Rows; r++) Assert.Equal(before[r, 1], after[r, 1]);
        }

        Assert.NotEqual(noisy.Train[0, 0] - set.Train[0, 0], noisy.Test[0, 0] - set.Test[0, 0]);
    }

    [Fact]
    public void TheSameSeedGivesTheSameNoise()
    {
        DataSet set = Rounded(100), a = Noise(set).Apply(set, 3), b = Noise(set).Apply(set, 3), c = Noise(set).Apply(set, 4);
        for (int r = 0; r < 100; r++) Assert.Equal(a.Train[r, 0], b.Train[r, 0]);
        Assert.NotEqual(a.Train[0, 0], c.Train[0, 0]);
        Assert.Equal(["a", "b", "c"], a.Train.ColumnNames);
    }

    [Fact]
    public void StepsComeFromTheTrainingRowsAlone()
    {
        Table coarse = Table.FromDoubles("t", 3, 1, [1, 2, 3]), fine = Table.FromDoubles("t", 3, 1, [1.25, 2, 3]);
        Assert.Equal(1, ColumnNoise.Detect(new DataSet("t", coarse, fine, fine).Train).Steps[0]);
    }

    [Fact]
    public void WhatCannotBeNoisedIsNamed()
    {
        TempFolder.AssertBadInput(() => ColumnNoise.Detect(Table.FromBytes("images", 2, 1, [1, 2], 17)), "images", "17 integer levels");
        TempFolder.AssertBadInput(() => ColumnNoise.Detect(Table.FromDoubles("t", 2, 2, [1, 4, 2, 4])), "column 1", "same value 4");
        TempFolder.AssertBadInput(() => ColumnNoise.Detect(Table.FromDoubles("t", 2, 1, [Math.PI, Math.E])), "no column is quantised");
    }

    [SharedDataFact]
    public void TheStepsOfTheWines()
    {
        DataSet wine = DataSource.Open(SharedData.At("tabular", "winequality-red.csv"), "0-10", SharedData.At("splits", "winequality-red.split"));
        double[] steps = ColumnNoise.Detect(wine.Train).Steps.ToArray();
        Assert.Equal([0.1, 0.005, 0.01, 0.1, 0.001, 1, 1, 1e-5, 0.01, 0.01, 0.1], steps);
    }

    [SharedDataFact]
    public void TheStepsOfNumbersWithSixDigits()
    {
        DataSet set = DataSource.Open(SharedData.At("tabular", "miniboone-first1523.npy"), "0-4,13", SharedData.At("splits", "miniboone-first1523.split"));
        Assert.Equal([1e-5, 1e-6, 1e-5, 1e-6, 1e-8, 1e-3], ColumnNoise.Detect(set.Train).Steps.ToArray());
    }

    private static ColumnNoise Noise(DataSet set) => ColumnNoise.Detect(set.Train);

    private static DataSet Rounded(int rows)
    {
        double[] normal = new PhiloxNormals(5).Take(9 * rows);
        Table Part(int k) => Table.FromDoubles("rounded", rows, 3, [.. normal.Skip(k * 3 * rows).Take(3 * rows).Select((v, i) => (i % 3) switch { 0 => Math.Round(20 * v) / 2, 1 => v, _ => Math.Round(10 * v) * 10 })], ["a", "b", "c"]);
        return new DataSet("rounded", Part(0), Part(1), Part(2));
    }
}
