using System.Security.Cryptography;
using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TensorFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly float[] Weights = [1.5f, -0f, float.NaN, float.PositiveInfinity, 1e-45f, 3f];
    private static readonly double[] Bias = [Math.PI, -1e300, double.Epsilon];

    private string WriteSmall(string name, bool reversed = false)
    {
        TensorFileWriter writer = new();
        void AddWeights() => writer.Add<float>("w", [2, 3], Weights);
        void AddBias() => writer.Add<double>("b", [3], Bias);
        writer.AddMetadata(reversed ? "z" : "recipe", reversed ? "2" : "{\"layers\":[\"linear \u00e9\"]}");
        if (reversed)
        {
            AddBias();
            AddWeights();
        }
        else
        {
            AddWeights();
            AddBias();
        }

        writer.AddMetadata(reversed ? "recipe" : "z", reversed ? "{\"layers\":[\"linear \u00e9\"]}" : "2");
        string path = _folder.At(name);
        writer.Write(path);
        return path;
    }

    [Fact]
    public void RoundTripKeepsBitsShapesAndStrings()
    {
        using TensorFile file = TensorFile.Open(WriteSmall("a.safetensors"));
        file.VerifyChecksum();
        float[] w = new float[6];
        double[] b = new double[3];
        file.Read<float>("w", w);
        file.Read<double>("b", b);
        Assert.Equal(Weights.Select(BitConverter.SingleToUInt32Bits), w.Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(Bias, b);
        Assert.Equal(["b", "w"], file.Tensors.Select(t => t.Name));
        Assert.True(file.TryGet("w", out TensorInfo? info));
        Assert.Equal([2L, 3L], info.Shape);
        Assert.Equal("F32", info.Dtype);
        Assert.Equal("nativeflow", file.Metadata["format"]);
        Assert.Equal("1", file.Metadata["format_version"]);
        Assert.Equal("{\"layers\":[\"linear \u00e9\"]}", file.RequireMetadata("recipe"));
    }

    [Fact]
    public void TheSameContentGivesTheSameBytesInAnyOrder()
    {
        byte[] first = File.ReadAllBytes(WriteSmall("a"));
        Assert.Equal(first, File.ReadAllBytes(WriteSmall("b")));
        Assert.Equal(first, File.ReadAllBytes(WriteSmall("c", reversed: true)));
    }

    [Fact]
    public void TheDataChecksumIsTheShaOfTheBytesBehindTheHeader()
    {
        byte[] bytes = File.ReadAllBytes(WriteSmall("a"));
        using TensorFile file = TensorFile.Open(_folder.At("a"));
        int start = 8 + (int)BitConverter.ToUInt64(bytes);
        Assert.Equal(0, start % 8);
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(start))), file.Metadata["checksum"]);
    }

    [Fact]
    public void ConversionRoundsAndRefusesOverflow()
    {
        TensorFileWriter writer = new();
        writer.Add<double>("ok", [2], [0.1, double.NegativeInfinity]);
        writer.Add<double>("big", [2], [1.0, 1e300]);
        writer.Add<float>("single", [], [0.1f]);
        writer.Write(_folder.At("a"));
        using TensorFile file = TensorFile.Open(_folder.At("a"));
        float[] ok = new float[2];
        file.Read<float>("ok", ok);
        Assert.Equal([0.1f, float.NegativeInfinity], ok);
        Assert.Equal([(double)0.1f], file.ReadDoubles("single"));
        TempFolder.AssertBadInput(() => file.Read<float>("big", ok), "'big'", "index 1", "1E+300");
    }

    [Fact]
    public void LargeTensorsCrossTheChunksOfConversion()
    {
        double[] values = new double[40_001];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = i * 0.25;
        }

        TensorFileWriter writer = new();
        writer.Add<double>("d", [values.Length], values);
        writer.Add<float>("f", [values.Length], Array.ConvertAll(values, v => (float)v));
        writer.Write(_folder.At("a"));
        using TensorFile file = TensorFile.Open(_folder.At("a"));
        float[] narrowed = new float[values.Length];
        file.Read<float>("d", narrowed);
        Assert.Equal(values, Array.ConvertAll(narrowed, v => (double)v));
        Assert.Equal(values, file.ReadDoubles("f"));
        Assert.Equal(values, file.ReadDoubles("d"));
    }

    [Fact]
    public void CallbacksFillAndAreHeldToTheirShape()
    {
        TensorFileWriter writer = new();
        writer.Add<float>("a", [2], stream => stream.Write(BitConverter.GetBytes(1f).Concat(BitConverter.GetBytes(2f)).ToArray()));
        writer.Write(_folder.At("a"));
        using TensorFile file = TensorFile.Open(_folder.At("a"));
        file.VerifyChecksum();
        Assert.Equal([1.0, 2.0], file.ReadDoubles("a"));

        TensorFileWriter wrong = new();
        wrong.Add<float>("a", [2], stream => stream.Write([1, 2, 3, 4]));
        Assert.Contains("needs 8 bytes", Assert.Throws<InvalidOperationException>(() => wrong.Write(_folder.At("b"))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("b")));
    }

    [Fact]
    public void EmptyFileAndEmptyTensorsAreLegal()
    {
        TensorFileWriter writer = new();
        writer.Write(_folder.At("none"));
        using (TensorFile file = TensorFile.Open(_folder.At("none")))
        {
            file.VerifyChecksum();
            Assert.Empty(file.Tensors);
        }

        writer.Add<float>("e", [0, 5], []);
        writer.Add<float>("f", [1], [2f]);
        writer.Write(_folder.At("some"));
        using TensorFile some = TensorFile.Open(_folder.At("some"));
        Assert.Empty(some.ReadDoubles("e"));
        Assert.Equal([2.0], some.ReadDoubles("f"));
    }

    [Fact]
    public void WriterRefusesWrongCountsTakenNamesAndItsOwnKeys()
    {
        TensorFileWriter writer = new();
        writer.Add<float>("a", [1], [1f]);
        Assert.Throws<ArgumentException>(() => writer.Add<float>("a", [1], [1f]));
        Assert.Throws<ArgumentException>(() => writer.Add<float>("__metadata__", [1], [1f]));
        Assert.Throws<ArgumentException>(() => writer.Add<float>("b", [2], [1f]));
        Assert.Throws<NotSupportedException>(() => writer.Add<Half>("h", [1], [Half.One]));
        foreach (string key in new[] { "format", "format_version", "checksum", "header_checksum" })
        {
            Assert.Throws<ArgumentException>(() => writer.AddMetadata(key, "x"));
        }
    }

    [Fact]
    public void ReadErrorsNameTheTensor()
    {
        string path = WriteSmall("a");
        using TensorFile file = TensorFile.Open(path);
        TempFolder.AssertBadInput(() => file.ReadDoubles("nope"), path, "'nope'", "'b', 'w'");
        TempFolder.AssertBadInput(() => file.Read<float>("w", new float[5]), path, "'w'", "6 values", "expected 5");
        TempFolder.AssertBadInput(() => file.RequireMetadata("data"), path, "'data'");
    }

    [Fact]
    public void EveryFlippedBitIsDetected()
    {
        string path = WriteSmall("a");
        byte[] good = File.ReadAllBytes(path);
        List<string> missed = [];
        using FileStream patch = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        void Put(int at, byte value)
        {
            patch.Position = at;
            patch.WriteByte(value);
        }

        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            int at = bit / 8;
            Put(at, (byte)(good[at] ^ (1 << (bit % 8))));
            try
            {
                using TensorFile file = TensorFile.Open(path);
                file.VerifyChecksum();
                missed.Add($"byte {at} bit {bit % 8}");
            }
            catch (BadInputException)
            {
                // Detected; any other exception fails the test.
            }

            Put(at, good[at]);
        }

        using (TensorFile restored = TensorFile.Open(path))
        {
            restored.VerifyChecksum();
        }

        Assert.Empty(missed);
        Assert.True(good.Length > 300, $"the swept file has only {good.Length} bytes");
    }

    [Fact]
    public void EveryTruncationAndAnAppendedByteIsDetected()
    {
        byte[] good = File.ReadAllBytes(WriteSmall("a"));
        string path = _folder.At("cut");
        for (int length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(path, good.AsSpan(0, length));
            TempFolder.AssertBadInput(() => TensorFile.Open(path).Dispose(), path);
        }

        File.WriteAllBytes(path, [.. good, 0]);
        TempFolder.AssertBadInput(() => TensorFile.Open(path).Dispose(), path, "1 bytes follow");
    }

    [Fact]
    public void AFileThatShrinksAfterOpeningIsAnErrorNotZeros()
    {
        string path = WriteSmall("a");
        using TensorFile file = TensorFile.Open(path);
        using (FileStream cut = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            cut.SetLength(cut.Length - 4);
        }

        TempFolder.AssertBadInput(() => file.ReadDoubles("w"), path, "cut short");
    }

    [Fact]
    public void EveryGoldenFixtureOpens()
    {
        string fixtures = Path.Combine(RepositoryRoot(), "Tests", "Fixtures");
        string[] paths = Directory.GetFiles(fixtures, "*.safetensors", SearchOption.AllDirectories);
        Assert.True(paths.Length > 200, $"{paths.Length} fixtures found");
        foreach (string path in paths)
        {
            using TensorFile file = TensorFile.Open(path);
            Assert.NotEmpty(file.Tensors);
            Assert.NotEmpty(file.RequireMetadata("layer"));
            foreach (TensorInfo info in file.Tensors)
            {
                Assert.Equal(info.Count, file.ReadDoubles(info.Name).Length);
            }

            TempFolder.AssertBadInput(file.VerifyChecksum, path, "'checksum'");
        }
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "NativeFlow.sln")))
        {
            at = at.Parent;
        }

        return at!.FullName;
    }
}
