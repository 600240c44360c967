using System.Security.Cryptography;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class OptdigitsTests
{
    [Fact]
    public void SizesAndClassCountsAreThePublishedOnes()
    {
        DataSet set = Optdigits.Load();
        Assert.Equal((3441, 382, 1797), (set.Train.Rows, set.Validation.Rows, set.Test.Rows));
        foreach (Table table in new[] { set.Train, set.Validation, set.Test })
        {
            Assert.Equal((64, 17, 8, 8), (table.Columns, table.Levels, table.Width, table.Height));
        }

        (byte[] train, byte[] validation, byte[] test) = Optdigits.LoadLabels();
        static int[] Counts(IEnumerable<byte> labels) => [.. labels.CountBy(l => l).OrderBy(p => p.Key).Select(p => p.Value)];
        Assert.Equal([376, 389, 380, 389, 387, 376, 377, 387, 380, 382], Counts(train.Concat(validation)));
        Assert.Equal([178, 182, 177, 183, 181, 182, 181, 179, 174, 180], Counts(test));
    }

    [Fact]
    public void BytesHaveTheDocumentedChecksum()
    {
        DataSet set = Optdigits.Load();
        (byte[] train, byte[] validation, byte[] test) = Optdigits.LoadLabels();
        List<byte> raw = [];
        foreach ((Table table, byte[] labels) in new[] { (set.Train, train), (set.Validation, validation), (set.Test, test) })
        {
            for (int row = 0; row < table.Rows; row++)
            {
                raw.AddRange(Enumerable.Range(0, 64).Select(c => (byte)table[row, c]));
                raw.Add(labels[row]);
            }
        }

        Assert.Equal("32123d0676660e67ff33fc3b5c1abfc5469a8d439c6be95992453866d0f092b3", Convert.ToHexStringLower(SHA256.HashData(raw.ToArray())));
        Assert.Equal(16, raw.Where((_, i) => i % 65 != 64).Max());
    }

    [SharedDataFact]
    public void EqualsTheOriginalFiles()
    {
        DataSet set = Optdigits.Load();
        (byte[] train, byte[] validation, byte[] test) = Optdigits.LoadLabels();
        Table tra = DelimitedReader.Read(SharedData.At("images", "optdigits", "optdigits.tra"));
        Table tes = DelimitedReader.Read(SharedData.At("images", "optdigits", "optdigits.tes"));
        Assert.Equal((3823, 65, 1797, 65), (tra.Rows, tra.Columns, tes.Rows, tes.Columns));
        Same(tra.Slice(0, 3441), set.Train, train);
        Same(tra.Slice(3441, 382), set.Validation, validation);
        Same(tes, set.Test, test);
    }

    private static void Same(Table file, Table embedded, byte[] labels)
    {
        Assert.Equal(file.Rows, embedded.Rows);
        float[] expected = new float[65];
        float[] actual = new float[65];
        for (int row = 0; row < file.Rows; row++)
        {
            file.CopyRow<float>(row, expected);
            embedded.CopyRow<float>(row, actual.AsSpan(0, 64));
            actual[64] = labels[row];
            Assert.Equal(expected, actual);
        }
    }
}
