using System.Text;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class DataSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OptdigitsIsBuiltIn()
    {
        DataSet set = DataSource.Open("optdigits", "0-7,63");
        Assert.Equal((3441, 9, 17), (set.Train.Rows, set.Train.Columns, set.Levels));
        TempFolder.AssertBadInput(() => DataSource.Open("optdigits", splitFile: "x.split"), "x.split", "takes no split file");
        TempFolder.AssertBadInput(() => DataSource.Open("optdigits", "64"), "optdigits", "column 64");
    }

    [Fact]
    public void FormatsAreToldByContentNotByEnding()
    {
        byte[] images = IdxReaderTests.Idx([10, 1, 2], new byte[20]);
        Assert.Equal(256, DataSource.Open(_folder.Put("a.csv", images)).Levels);
        Assert.Equal(256, DataSource.Open(_folder.PutGzip("b.txt", images), "1").Levels);
        byte[] npy = [0x93, .. "NUMPY"u8, 1, 0, 64, 0, .. Encoding.ASCII.GetBytes("{'descr': '|u1', 'fortran_order': False, 'shape': (10, 2), }".PadRight(63) + "\n"), .. new byte[20]];
        Assert.Equal(2, DataSource.Open(_folder.PutGzip("c.idx", npy)).Test.Columns);
        DataSet text = DataSource.Open(_folder.Put("d.npy", string.Concat(Enumerable.Range(0, 20).Select(i => $"{i} {i}\n"))), "1");
        Assert.Equal(("d", 16, 2, 2, 1), (text.Name, text.Train.Rows, text.Validation.Rows, text.Test.Rows, text.Train.Columns));
    }

    [Fact]
    public void ASplitFileRules()
    {
        string data = _folder.Put("a.csv", "10\n11\n12\n13\n");
        DataSet set = DataSource.Open(data, null, _folder.Put("a.split", "tvrr\n"));
        Assert.Equal((12.0, 13.0, 11.0, 10.0), (set.Train[0, 0], set.Train[1, 0], set.Validation[0, 0], set.Test[0, 0]));
        TempFolder.AssertBadInput(() => DataSource.Open(data), "a: has 4 rows");
        TempFolder.AssertBadInput(() => DataSource.Open(data, null, _folder.At("absent.split")), "absent.split", "no such file");
    }

    [Fact]
    public void WhatIsNotUnderstoodIsAnsweredWithWhatIs()
    {
        foreach (string bad in new[] { _folder.At("absent"), _folder.FullName, _folder.Put("a.npz", "PK\u0003\u0004 archive"), _folder.Put("b.bin", [1, 2, 0, 3]) })
        {
            TempFolder.AssertBadInput(() => DataSource.Open(bad), bad, "optdigits", "IDX", ".npy", ".gz");
        }

        TempFolder.AssertBadInput(() => DataSource.Open(" "), "optdigits");
        TempFolder.AssertBadInput(() => DataSource.Open(_folder.Put("empty", "")), "empty", "no data");
    }

    [SharedDataTheory]
    [InlineData("winequality-red.csv", null, 1599, 12)]
    [InlineData("winequality-red.csv", "0-10", 1599, 11)]
    [InlineData("power-plant.tsv", null, 9568, 5)]
    [InlineData("casp.txt.gz", null, 45730, 10)]
    [InlineData("casp.txt.gz", "0-3,5-9", 45730, 9)]
    [InlineData("parkinsons_updrs.data", null, 5875, 22)]
    [InlineData("parkinsons_updrs.data", "test_time,Jitter(%),PPE", 5875, 3)]
    [InlineData("ionosphere.data", "0-33", 351, 34)]
    [InlineData("ionosphere.data", "2-33", 351, 32)]
    [InlineData("wdbc.csv", null, 569, 31)]
    [InlineData("miniboone-first1523.npy", null, 1523, 43)]
    public void RealTables(string file, string? columns, int rows, int width)
    {
        DataSet set = DataSource.Open(SharedData.At("tabular", file), columns);
        Assert.Equal(rows, set.Train.Rows + set.Validation.Rows + set.Test.Rows);
        Assert.Equal((width, rows / 10, rows / 10), (set.Train.Columns, set.Validation.Rows, set.Test.Rows));
        string split = SharedData.At("splits", set.Name + ".split");
        DataSet bySplitFile = DataSource.Open(SharedData.At("tabular", file), columns, split);
        Assert.Equal(Enumerable.Range(0, width).Select(c => set.Test[0, c]), Enumerable.Range(0, width).Select(c => bySplitFile.Test[0, c]));
    }

    [SharedDataTheory]
    [InlineData("volerup.csv", 827)]
    [InlineData("quakes_all.csv", 6120)]
    [InlineData("fire.csv", 12809)]
    public void RealSphereTables(string file, int rows)
    {
        Table table = DelimitedReader.Read(SharedData.At("sphere", file));
        Assert.Equal((rows, 2), (table.Rows, table.Columns));
    }

    [SharedDataFact]
    public void RealValuesAndNames()
    {
        Table wine = DelimitedReader.Read(SharedData.At("tabular", "winequality-red.csv"));
        Assert.Equal("total sulfur dioxide", wine.ColumnNames![6]);
        Assert.Equal((7.4, 5.0), (wine[0, 0], wine[0, 11]));
        Assert.Equal((17.99, 0.0), (DelimitedReader.Read(SharedData.At("tabular", "wdbc.csv"))[0, 0], DelimitedReader.Read(SharedData.At("tabular", "wdbc.csv"))[0, 30]));
        Assert.Equal(17.284, DelimitedReader.Read(SharedData.At("tabular", "casp.txt.gz"))[0, 9]);
        TempFolder.AssertBadInput(() => DelimitedReader.Read(SharedData.At("tabular", "ionosphere.data")), "line 1, column 34 is 'g'", "--columns");
        TempFolder.AssertBadInput(() => DelimitedReader.Read(SharedData.At("graphs", "wordnet_mammal_closure.csv")), "line 2, column 0 ('id1')");
    }

    [SharedDataFact]
    public void Mnist()
    {
        DataSet set = DataSource.Open(SharedData.At("images", "mnist"));
        Assert.Equal((50_000, 10_000, 10_000, 256), (set.Train.Rows, set.Validation.Rows, set.Test.Rows, set.Levels));
        Assert.Equal((784, 28, 28), (set.Train.Columns, set.Train.Width, set.Train.Height));

        // The canonical first digit, a five: row 5 of the image begins with these greys at column 12.
        Assert.Equal([3.0, 18, 18, 18, 126, 136], Enumerable.Range(152, 6).Select(i => set.Train[0, i]));
        byte[] labels = IdxReader.ReadLabels(SharedData.At("images", "mnist", "train-labels-idx1-ubyte.gz"));
        Assert.Equal([5, 0, 4, 1, 9], labels[..5]);
        Assert.Equal(60_000, labels.Length);
    }

    [SharedDataFact]
    public void Cifar()
    {
        Table table = IdxReader.Read(SharedData.At("images", "cifar10", "cifar10-train-00000-02999-images-idx4-ubyte.gz"));
        Assert.Equal((3000, 3072, 3, 32, 32), (table.Rows, table.Columns, table.Channels, table.Height, table.Width));
        Assert.Equal((59.0, 62.0, 63.0), (table[0, 0], table[0, 1024], table[0, 2048]));
    }
}
