using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class LaplaceMixingTests
{
    [Fact]
    public void TheSameNameGivesTheSameNumbersAndAnotherSeedOthers()
    {
        DataSet one = DataSource.Open("mixing:10:400:3:6"), same = DataSource.Open("mixing:10:400:3:6"), other = DataSource.Open("mixing:10:400:4:6");
        Assert.Equal((400, 50, 100, 6), (one.Train.Rows, one.Validation.Rows, one.Test.Rows, one.Train.Columns));
        Assert.Equal(Values(one.Test), Values(same.Test));
        Assert.NotEqual(Values(one.Test), Values(other.Test));
        Assert.NotEqual(Values(one.Train)[..10], Values(one.Test)[..10]);
        DataSet standard = DataSource.Open("mixing:1:16");
        Assert.Equal((16, 64), (standard.Train.Rows, standard.Train.Columns));
    }

    [Fact]
    public void ColumnsAreStandardisedOnTheTrainingRowsAndNoGaussian()
    {
        DataSet set = DataSource.Open("mixing:1:20000:0:5");
        double[] train = Values(set.Train), test = Values(set.Test);
        double kurtosis = 0;
        for (int c = 0; c < 5; c++)
        {
            double[] column = [.. train.Where((_, i) => i % 5 == c)];
            Assert.Equal(0, column.Average(), 12);
            Assert.Equal(1, column.Average(v => v * v), 12);
            Assert.Equal(0, test.Where((_, i) => i % 5 == c).Average(), 0.06);
            kurtosis += column.Average(v => v * v * v * v) / 5;
        }

        // Laplace sources have 6; a rotation and a bend between them and the data bring it nearer to a Gaussian's 3.
        Assert.InRange(kurtosis, 3.3, 6);
    }

    [Fact]
    public void TheConditionNumberFlattensTheData()
    {
        // Smallest eigenvalue of the correlation matrix, by determinant: a mixing of a large condition number makes columns nearly dependent.
        double[] determinants = [.. new[] { "mixing:1:4000:1:4", "mixing:10:4000:1:4", "mixing:1000:4000:1:4" }.Select(n => LogDet(Values(DataSource.Open(n).Train), 4))];
        Assert.True(determinants[0] > -1.5, $"{determinants[0]}");
        Assert.True(determinants[1] < determinants[0] - 1, $"{determinants[1]}");
        Assert.True(determinants[2] < determinants[1] - 8, $"{determinants[2]}");
    }

    [Fact]
    public void PoolingTakesMeansOfBlocks()
    {
        byte[] pixels = [0, 4, 8, 8, 2, 3, 9, 8];
        DataSet Set(int rows) => new("t", Table.FromImages("t", rows, 1, 2, 4, [.. pixels[..(8 * rows)]], 17), Table.FromImages("t", 0, 1, 2, 4, [], 17), Table.FromImages("t", 0, 1, 2, 4, [], 17));
        DataSet pooled = ImagePooling.Pool(Set(1), 1, 2);
        Assert.Equal([2, 8], Values(pooled.Train));
        Assert.Equal((1, 2, 17), (pooled.Train.Height!.Value, pooled.Train.Width!.Value, pooled.Levels));
        TempFolder.AssertBadInput(() => ImagePooling.Pool(Set(1), 1, 3), "1x3", "multiples");
    }

    private static double[] Values(Table table)
    {
        var values = new double[table.Rows * table.Columns];
        for (int r = 0; r < table.Rows; r++) table.CopyRow(r, values.AsSpan(r * table.Columns, table.Columns));
        return values;
    }

    // log det of the second moments by elimination.
    private static double LogDet(double[] x, int d)
    {
        var m = new double[d, d];
        for (int r = 0; r < x.Length / d; r++)
            for (int i = 0; i < d; i++)
                for (int j = 0; j < d; j++) m[i, j] += x[(r * d) + i] * x[(r * d) + j] * d / x.Length;
        double sum = 0;
        for (int k = 0; k < d; k++)
        {
            sum += Math.Log(m[k, k]);
            for (int i = k + 1; i < d; i++)
                for (int j = d - 1; j >= k; j--) m[i, j] -= m[i, k] / m[k, k] * m[k, j];
        }

        return sum;
    }
}
