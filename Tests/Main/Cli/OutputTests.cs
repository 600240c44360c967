using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using NativeFlow.Cli;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class OutputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>An independent reader: checks signature, chunk checksums and filters, and gives the pixels back.</summary>
    internal static (int Width, int Height, int ColourType, byte[] Pixels) ReadPng(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], bytes[..8]);
        List<string> types = [];
        byte[] header = [], data = [];
        for (int at = 8; at < bytes.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            types.Add(Encoding.ASCII.GetString(bytes, at + 4, 4));
            Assert.Equal(SlowCrc(bytes.AsSpan(at + 4, 4 + length)), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 8 + length)));
            byte[] content = bytes[(at + 8)..(at + 8 + length)];
            header = types[^1] == "IHDR" ? content : header;
            data = types[^1] == "IDAT" ? content : data;
            at += 12 + length;
        }

        Assert.Equal(["IHDR", "IDAT", "IEND"], types);
        int width = BinaryPrimitives.ReadInt32BigEndian(header);
        int height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        Assert.Equal([8, 0, 0, 0], new[] { header[8], header[10], header[11], header[12] });
        int stride = width * (header[9] == 0 ? 1 : 3);
        using ZLibStream zlib = new(new MemoryStream(data), CompressionMode.Decompress);
        byte[] rows = new byte[height * (stride + 1)];
        zlib.ReadExactly(rows);
        Assert.Equal(-1, zlib.ReadByte());
        Assert.All(Enumerable.Range(0, height), y => Assert.Equal(0, rows[y * (stride + 1)]));
        return (width, height, header[9], [.. rows.Where((_, i) => i % (stride + 1) != 0)]);
    }

    private static uint SlowCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320u & (uint)-(int)(crc & 1));
            }
        }

        return ~crc;
    }

    [Fact]
    public void CrcHasItsPublishedCheckValue()
    {
        Assert.Equal(0xCBF43926u, Crc32.Append(0, "123456789"u8));
        Assert.Equal(0xCBF43926u, Crc32.Append(Crc32.Append(0, "1234"u8), "56789"u8));
    }

    [Fact]
    public void GreyAndColourPicturesReadBack()
    {
        byte[] grey = [0, 1, 2, 253, 254, 255];
        PngWriter.WriteGray(_folder.At("g.png"), grey, 3, 2);
        (int width, int height, int type, byte[] pixels) = ReadPng(_folder.At("g.png"));
        Assert.Equal((3, 2, 0), (width, height, type));
        Assert.Equal(grey, pixels);

        PngWriter.WriteRgb(_folder.At("c.png"), grey, 1, 2);
        (width, height, type, pixels) = ReadPng(_folder.At("c.png"));
        Assert.Equal((1, 2, 2), (width, height, type));
        Assert.Equal(grey, pixels);
        Assert.Throws<ArgumentException>(() => PngWriter.WriteGray(_folder.At("x.png"), grey, 2, 2));
    }

    [Fact]
    public void AGridPlacesScalesAndClampsImages()
    {
        float[] images = [0, 1, 2, 3, /* second */ -9, 0.5f, 3, 99, /* third */ 3, 3, 3, 3];
        ImageGrid.Write(_folder.At("g.png"), images, count: 3, height: 2, width: 2, columns: 2, scale: 2, min: 0, max: 3);
        (int width, int height, _, byte[] pixels) = ReadPng(_folder.At("g.png"));
        Assert.Equal((11, 11), (width, height));
        byte At(int x, int y) => pixels[(y * 11) + x];
        Assert.Equal([64, 0, 0, 85, 85, 64, 0, 0, 42, 42, 64], Enumerable.Range(0, 11).Select(x => At(x, 1)));
        Assert.Equal(pixels[11..22], pixels[22..33]);
        Assert.Equal([64, 170, 170, 255, 255, 64, 255, 255, 255, 255, 64], Enumerable.Range(0, 11).Select(x => At(x, 4)));
        Assert.Equal([64, 255, 255, 255, 255, 64, 64, 64, 64, 64, 64], Enumerable.Range(0, 11).Select(x => At(x, 6)));
        Assert.All(Enumerable.Range(0, 11), x => Assert.Equal(64, At(x, 0)));
    }

    [Fact]
    public void AColourGridTurnsPlanesIntoPixels()
    {
        ImageGrid.Write(_folder.At("c.png"), [1, 0, /* green */ 0, 1, /* blue */ 0, 0], 1, 1, 2, 1, 1, 0, 1, channels: 3);
        (int width, int height, int type, byte[] pixels) = ReadPng(_folder.At("c.png"));
        Assert.Equal((4, 3, 2), (width, height, type));
        Assert.Equal([255, 0, 0, 0, 255, 0], pixels[15..21]);
    }

    [Fact]
    public void AGridRefusesNaNAndWrongSizes()
    {
        string path = _folder.At("g.png");
        Assert.Contains("image 1 holds NaN", Assert.Throws<ArgumentException>(() => ImageGrid.Write(path, [0, float.NaN], 2, 1, 1, 2, 1, 0, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ImageGrid.Write(path, [0, 1], 3, 1, 1, 2, 1, 0, 1));
        Assert.Throws<ArgumentException>(() => ImageGrid.Write(path, [0, 1], 2, 1, 1, 2, 1, 1, 1));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void CsvReadsBackToTheSameBits()
    {
        double[] doubles = [Math.PI, -0.0, 1e-300, 1.0 / 3, 12345678901234567, -5e-324];
        CsvWriter.Write<double>(_folder.At("d.csv"), ["a", "b, \"quoted\"", "c"], doubles, 3);
        Table read = DelimitedReader.Read(_folder.At("d.csv"));
        Assert.Equal(["a", "b, \"quoted\"", "c"], read.ColumnNames!);
        Assert.Equal(doubles.Select(BitConverter.DoubleToInt64Bits), Enumerable.Range(0, 6).Select(i => BitConverter.DoubleToInt64Bits(read[i / 3, i % 3])));

        float[] floats = [0.1f, float.MaxValue, float.Epsilon, 16777217f];
        CsvWriter.Write<float>(_folder.At("f.csv"), [], floats, 1);
        Table singles = DelimitedReader.Read(_folder.At("f.csv"));
        Assert.Equal(floats, Enumerable.Range(0, 4).Select(i => (float)singles[i, 0]));
        Assert.Equal("0.1\n", File.ReadAllText(_folder.At("f.csv"))[..4]);
        Assert.Throws<ArgumentException>(() => CsvWriter.Write<float>(_folder.At("x.csv"), [], floats, 3));
        Assert.Throws<ArgumentException>(() => CsvWriter.Write<float>(_folder.At("x.csv"), ["one"], floats, 2));
        Assert.Equal(2, Directory.GetFiles(_folder.FullName).Length);
    }

    [Fact]
    public void NpyReadsBackAndIsAlignedForNumpy()
    {
        double[] doubles = [Math.PI, -0.0, 1e-300, 1.0 / 3, 4, 5];
        NpyWriter.Write<double>(_folder.At("d.npy"), doubles, 2, 3);
        Table read = NpyReader.Read(_folder.At("d.npy"));
        Assert.Equal((2, 3), (read.Rows, read.Columns));
        Assert.Equal(doubles, Enumerable.Range(0, 6).Select(i => read[i / 3, i % 3]));
        Assert.Equal(0, (new FileInfo(_folder.At("d.npy")).Length - 48) % 64);

        NpyWriter.Write<float>(_folder.At("f.npy"), [1f, 2f], 2);
        Assert.Contains("'shape': (2,), }", File.ReadAllText(_folder.At("f.npy"), Encoding.Latin1), StringComparison.Ordinal);
        Assert.Equal(2, NpyReader.Read(_folder.At("f.npy")).Rows);
        Assert.Throws<ArgumentException>(() => NpyWriter.Write<float>(_folder.At("x.npy"), [1f, 2f], 3));
        Assert.Throws<NotSupportedException>(() => NpyWriter.Write<Half>(_folder.At("x.npy"), [Half.One], 1));
    }

    [Fact]
    public void OptdigitsMakeAGrid()
    {
        DataSet set = Optdigits.Load();
        float[] images = new float[40 * 64];
        for (int row = 0; row < 40; row++)
        {
            set.Test.CopyRow(row, images.AsSpan(row * 64, 64));
        }

        string path = Environment.GetEnvironmentVariable("NATIVEFLOW_GRID") ?? _folder.At("digits.png");
        ImageGrid.Write(path, images, 40, 8, 8, columns: 10, scale: 6, min: 0, max: 16);
        (int width, int height, _, byte[] pixels) = ReadPng(path);
        Assert.Equal(((10 * 50) + 2, (4 * 50) + 2), (width, height));
        Assert.Contains((byte)255, pixels);
    }
}
