using System.Text;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class DelimitedReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly double[] Six = [1, -2.5, 3e-5, 4, 5, 6];

    private static double[] All(Table table)
    {
        double[] values = new double[table.Rows * table.Columns];
        for (int row = 0; row < table.Rows; row++)
        {
            table.CopyRow(row, values.AsSpan(row * table.Columns, table.Columns));
        }

        return values;
    }

    [Theory]
    [InlineData("1,-2.5,3e-5\n4,5,6\n")]
    [InlineData("1,-2.5,3e-005\n4,5,6")]
    [InlineData("1,-2.5,3E-5\r\n4,5,6\r\n")]
    [InlineData("1;-2.5;3e-5\n4;5;6\n\n\n")]
    [InlineData("1\t-2.5\t3e-5\n4\t5\t6\n")]
    [InlineData("1 -2.5 3e-5\n4 5 6\n")]
    [InlineData("   1  -2.5   3e-5  \n 4 5 6\n  \n")]
    [InlineData("1, -2.5 ,  3e-5\n4,5,6\n")]
    [InlineData("\"1\",\"-2.5\",\"3e-5\"\n4,\"5\",6\n")]
    [InlineData("\"1\" \"-2.5\" \"3e-5\"\n4 \"5\" 6\n")]
    [InlineData("\uFEFF1,-2.5,3e-5\n4,5,6\n")]
    [InlineData("# a comment, with commas\n#another\n\n1,-2.5,3e-5\n4,5,6\n")]
    [InlineData("2,2,yes,no\n1,-2.5,3e-5\n4,5,6\n")]
    public void Dialects(string text)
    {
        foreach (string path in new[] { _folder.Put("a.csv", text), _folder.PutGzip("a.txt.gz", Encoding.UTF8.GetBytes(text)) })
        {
            Table table = DelimitedReader.Read(path);
            Assert.Equal((2, 3, 0, "a"), (table.Rows, table.Columns, table.Levels, table.Name));
            Assert.Null(table.ColumnNames);
            Assert.Equal(Six, All(table));
        }
    }

    [Theory]
    [InlineData("a,b c,d\n1,2,3\n", "a|b c|d")]
    [InlineData("\"a\";\"b;c\";\"d \"\"e\"\"\"\r\n1;2;3\r\n", "a|b;c|d \"e\"")]
    [InlineData("# note\na b c\n1 2 3\n", "a|b|c")]
    [InlineData("id,,x\n1,2,3\n", "id||x")]
    public void Headers(string text, string names)
    {
        Table table = DelimitedReader.Read(_folder.Put("a.csv", text));
        Assert.Equal(names.Split('|'), table.ColumnNames!);
        Assert.Equal([1.0, 2, 3], All(table));
    }

    [Fact]
    public void ChosenColumnsMayStandBesideText()
    {
        string path = _folder.Put("a.csv", "name,x,y\nfoo,1,2\nbar,3,4\n");
        Table table = DelimitedReader.Read(path, "y,x");
        Assert.Equal(["y", "x"], table.ColumnNames!);
        Assert.Equal([2.0, 1, 4, 3], All(table));
        TempFolder.AssertBadInput(() => DelimitedReader.Read(path), path, "line 2, column 0 ('name')", "'foo'", "--columns");
        TempFolder.AssertBadInput(() => DelimitedReader.Read(path, "z"), path, "'z'");
    }

    [Theory]
    [InlineData("", "no data")]
    [InlineData("\n\n", "no data")]
    [InlineData("# only a comment\n", "no data")]
    [InlineData("a,b\n", "0 rows")]
    [InlineData("1,2\n3\n", "line 2 has 1 values, expected 2 as in line 1")]
    [InlineData("1,2\n3,4,5\n", "line 2 has 3 values, expected 2")]
    [InlineData("a,b\n\n1,2\n", "line 2 is empty")]
    [InlineData("1,2\n\n3,4\n", "line 2 is empty")]
    [InlineData("5,0\n\n\n1,0\n", "line 2 is empty")]
    [InlineData("a,b\n1,2\n3,\n", "line 3, column 1 ('b') is empty")]
    [InlineData("1,2\n3,NaN\n", "line 2, column 1 is 'NaN'")]
    [InlineData("1,2\n3,-inf\n", "line 2, column 1 is '-inf'")]
    [InlineData("1,2\n3,Infinity\n", "line 2, column 1 is 'Infinity'")]
    [InlineData("1,2\n3,1e999\n", "line 2, column 1 is '1e999'")]
    [InlineData("1,2\n3,?\n", "line 2, column 1 is '?'")]
    [InlineData("1,2\n3,0x10\n", "line 2, column 1 is '0x10'")]
    [InlineData("1;2\n3;4,5\n", "line 2, column 1 is '4,5'")]
    [InlineData("a,2\n3,4\n", "a header line must hold no number")]
    [InlineData("1,2\n3,\"4\n", "line 2 has a double quote")]
    [InlineData("1,2\n3,\"4\"5\n", "line 2 has a double quote")]
    [InlineData("1,2\n3,\"4\"\"\n", "line 2 has a double quote")]
    [InlineData("3,2,yes,no\n1,2,0\n4,5,1\n", "announces 3 rows, the file has 2")]
    [InlineData("1,2\n3,\u0000\n", "line 2 holds a zero byte")]
    public void Refuses(string text, string fragment)
    {
        string path = _folder.Put("bad.csv", text);
        TempFolder.AssertBadInput(() => DelimitedReader.Read(path), path, fragment);
    }

    [Fact]
    public void HostileCellTextStaysOnOneShortLine()
    {
        string path = _folder.Put("bad.csv", "1,2\n3,\u001b[31m" + new string('x', 100_000) + "\n");
        Assert.True(TempFolder.AssertBadInput(() => DelimitedReader.Read(path), "line 2").Length < 500 + path.Length);
    }

    [Fact]
    public void LinesAcrossBufferBordersSurvive()
    {
        StringBuilder text = new();
        double[] expected = new double[30_000];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = i / 7.0;
            text.Append(expected[i]).Append(i % 3 == 2 ? "\r\n" : ",");
        }

        foreach (string path in new[] { _folder.Put("a.csv", text.ToString()), _folder.PutGzip("a.csv.gz", Encoding.UTF8.GetBytes(text.ToString())) })
        {
            Table table = DelimitedReader.Read(path);
            Assert.Equal((10_000, 3), (table.Rows, table.Columns));
            Assert.Equal(expected, All(table));
        }
    }

    [Fact]
    public void ALineWiderThanTheBufferIsReadAndAnEndlessOneRefused()
    {
        string wide = _folder.Put("wide.csv", string.Join(',', Enumerable.Range(0, 40_000)) + "\n");
        Assert.Equal(40_000, DelimitedReader.Read(wide).Columns);
        string endless = _folder.PutGzip("endless.gz", Encoding.ASCII.GetBytes(new string('1', 17 << 20)));
        TempFolder.AssertBadInput(() => DelimitedReader.Read(endless), endless, "line 1 is longer");
    }

    [Fact]
    public void EveryTruncationOfAGzipFileIsNoticed()
    {
        byte[] whole = TempFolder.Gzip(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 50).Select(i => $"{i},{i * i}\n"))));
        for (int length = 0; length < whole.Length; length++)
        {
            string path = _folder.Put("cut.csv.gz", whole.AsSpan(0, length));
            TempFolder.AssertBadInput(() => DelimitedReader.Read(path), path);
        }

        string grown = _folder.Put("grown.csv.gz", [.. whole, 1, 2, 3]);
        TempFolder.AssertBadInput(() => DelimitedReader.Read(grown), grown);
    }

    [Fact]
    public void MissingFileAndFolder()
    {
        TempFolder.AssertBadInput(() => DelimitedReader.Read(_folder.At("absent.csv")), "absent.csv", "no such file");
        TempFolder.AssertBadInput(() => DelimitedReader.Read(_folder.FullName), "is a folder");
    }
}
