using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class BranchingDiffusionTests
{
    [Theory]
    [InlineData("bdp", 220, 63, 95)]
    [InlineData("bdp:7", 220, 63, 95)]
    [InlineData("bdp:7:20", 882, 63, 378)]
    [InlineData("bdp-heldout:1", 220, 44, 95)]
    public void SizesAreThePublishedOnes(string name, int train, int validation, int test)
    {
        DataSet set = DataSource.Open(name);
        Assert.Equal((train, validation, test, 50), (set.Train.Rows, set.Validation.Rows, set.Test.Rows, set.Test.Columns));
        Assert.True(DataSource.IsDivided(name));
    }

    [Fact]
    public void EveryColumnIsStandardisedOverAllPoints()
    {
        DataSet set = DataSource.Open("bdp:3");
        for (int c = 0; c < 50; c++)
        {
            double[] column = [.. Column(set.Train, c), .. Column(set.Test, c)];
            Assert.Equal(0, column.Average(), 12);
            Assert.Equal(1, column.Average(v => v * v), 12);
        }
    }

    // In units of the raw tree: a child lies sqrt(50) from its parent, a copy sqrt(5) from its node, up to the chance of 50 dimensions.
    [Fact]
    public void DistancesAreThoseOfTheTree()
    {
        double steps = 0, noise = 0;
        for (int seed = 0; seed < 5; seed++)
        {
            BranchingDiffusion set = BranchingDiffusion.Create($"bdp:{seed}");
            var row = new double[50];
            for (int node = 1; node < 63; node++) steps += Squared(set.Centres.Slice(node * 50, 50), set.Centres.Slice((node - 1) / 2 * 50, 50)) / (5 * 62);
            for (int r = 0; r < 220; r++)
            {
                set.Data.Train.CopyRow(r, row.AsSpan());
                noise += Squared(row, set.Centres.Slice(set.TrainClusters[r] * 50, 50)) / (5 * 220);
            }
        }

        // The variance over the points that both are divided by cancels in the ratio.
        Assert.InRange(noise / steps, 0.095, 0.105);
    }

    [Fact]
    public void HeldOutClustersAreInNoOtherPart()
    {
        BranchingDiffusion held = BranchingDiffusion.Create("bdp-heldout:2"), plain = BranchingDiffusion.Create("bdp:2");
        int[] train = [.. held.TrainClusters], test = [.. held.TestClusters];
        Assert.Empty(train.Intersect(test));
        Assert.Equal(63, train.Union(test).Count());
        Assert.Equal(19, test.Distinct().Count());
        // The published split holds nearly every cluster on both sides.
        Assert.True(plain.TestClusters.ToArray().Distinct().Except(plain.TrainClusters.ToArray()).Count() <= 2);
    }

    [Fact]
    public void TheSameNameGivesTheSameBitsAndAnotherSeedOthers()
    {
        double[] one = [.. Column(DataSource.Open("bdp:5").Test, 7)], again = [.. Column(DataSource.Open("bdp:5").Test, 7)], other = [.. Column(DataSource.Open("bdp:6").Test, 7)];
        Assert.Equal(one, again);
        Assert.NotEqual(one, other);
        Assert.Equal([.. Column(DataSource.Open("bdp").Test, 7)], Column(DataSource.Open("bdp:0").Test, 7).ToArray());
    }

    [Theory]
    [InlineData("bdp:x", "is no seed")]
    [InlineData("bdp:-1", "is no seed")]
    [InlineData("bdp:0:1", "is no number of copies")]
    [InlineData("bdp:0:5:3", "expected bdp[:SEED[:COPIES]]")]
    public void WrongNamesAreRefusedInOneLine(string name, string fragment)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => DataSource.Open(name));
        Assert.Contains(fragment, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static IEnumerable<double> Column(Table table, int column) => Enumerable.Range(0, table.Rows).Select(r => table[r, column]);

    private static double Squared(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
