using System.Text;
using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Headers made to mislead: each must end in one clear line, without memory taken on their word.</summary>
public sealed class TensorFileHostileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Put(byte[] json, int dataBytes, ulong? length = null) =>
        _folder.Put("x.safetensors", [.. BitConverter.GetBytes(length ?? (ulong)json.Length), .. json, .. new byte[dataBytes]]);

    private void Refused(string json, int dataBytes, params string[] fragments)
    {
        string path = Put(Encoding.UTF8.GetBytes(json), dataBytes);
        TempFolder.AssertBadInput(() => TensorFile.Open(path).Dispose(), [path, .. fragments]);
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", 4, "JSON")]
    [InlineData("{}}", 0, "JSON")]
    [InlineData("{} {}", 0, "JSON")]
    [InlineData("", 0, "JSON")]
    [InlineData("[]", 0, "JSON object")]
    [InlineData("null", 0, "JSON object")]
    [InlineData("{\"a\":1}", 0, "'a' must be an object")]
    [InlineData("{\"__metadata__\":3}", 0, "__metadata__")]
    [InlineData("{\"__metadata__\":{\"k\":3}}", 0, "'k' must be a string")]
    [InlineData("{\"__metadata__\":{\"k\":{}}}", 0, "'k' must be a string")]
    [InlineData("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "'k' appears twice")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "appears twice")]
    [InlineData("{\"__metadata__\":{\"k\":\"\\ud800\"}}", 0, "Unicode")]
    [InlineData("{\"\\udc00\":{}}", 0, "Unicode")]
    public void BrokenStructure(string json, int dataBytes, string fragment) => Refused(json, dataBytes, fragment);

    [Theory]
    [InlineData("\"shape\":[1],\"data_offsets\":[0,4]", "needs 'dtype'")]
    [InlineData("\"dtype\":\"F32\",\"data_offsets\":[0,4]", "needs 'dtype'")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1]", "needs 'dtype'")]
    [InlineData("\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]", "'dtype' must be a string")]
    [InlineData("\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]", "'shape' must be a list")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]", "whole numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]", "whole numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]", "whole numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]", "whole numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[true],\"data_offsets\":[0,4]", "whole numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]", "whole numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]", "before it begins")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]", "needs 2 numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]", "needs 2 numbers")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]", "the file holds 4 bytes")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,9223372036854775807]", "the file holds 4 bytes")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]", "2 values")]
    [InlineData("\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,4]", "1 values")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]", "too large")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]", "values of type")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[0,9223372036854775807,9],\"data_offsets\":[0,4]", "0 values")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]", "twice")]
    [InlineData("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"extra\":1", "'extra' is unknown")]
    public void BrokenTensor(string fields, string fragment) => Refused("{\"t\":{" + fields + "}}", 4, "'t'", fragment);

    [Fact]
    public void DuplicateOverlapHoleAndTrailingBytes()
    {
        static string Tensor(string name, int begin, int end) =>
            $"\"{name}\":{{\"dtype\":\"U8\",\"shape\":[{end - begin}],\"data_offsets\":[{begin},{end}]}}";

        Refused("{" + Tensor("a", 0, 4) + "," + Tensor("a", 4, 8) + "}", 8, "'a' appears twice");
        Refused("{" + Tensor("a", 0, 4) + "," + Tensor("b", 3, 7) + "}", 7, "'b' overlaps 'a'");
        Refused("{" + Tensor("a", 0, 4) + "," + Tensor("b", 0, 4) + "}", 4, "overlaps");
        Refused("{" + Tensor("a", 0, 4) + "," + Tensor("b", 5, 8) + "}", 8, "bytes 4 to 5");
        Refused("{" + Tensor("a", 1, 4) + "}", 4, "bytes 0 to 1");
        Refused("{" + Tensor("a", 0, 4) + "}", 6, "2 bytes follow");
    }

    [Fact]
    public void AListInAListIsTooDeep() => Refused("{\"t\":{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}}", 4, "depth");

    [Fact]
    public void DepthIsLimited() => Refused(new string('[', 100_000), 0, "JSON");

    [Fact]
    public void DeepNestingInsideATensorIsLimited() =>
        Refused("{\"a\":{\"shape\":" + new string('[', 50_000) + new string(']', 50_000) + "}}", 0);

    [Fact]
    public void NotUtf8() =>
        TempFolder.AssertBadInput(() => TensorFile.Open(Put([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'}'], 0)).Dispose(), "UTF-8");

    [Theory]
    [InlineData(3UL)]
    [InlineData(1UL << 20)]
    [InlineData(1UL << 40)]
    [InlineData(long.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void AHeaderLengthBeyondTheFileTakesNoMemory(ulong length)
    {
        string path = Put("{}"u8.ToArray(), 0, length);
        TempFolder.AssertBadInput(() => TensorFile.Open(path).Dispose(), path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<BadInputException>(() => TensorFile.Open(path).Dispose());
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < 100_000, $"{taken} bytes were allocated for a file of 10");
    }

    [Fact]
    public void AHeaderAboveTheCapIsRefusedBeforeItIsRead()
    {
        string path = _folder.At("sparse");
        using (FileStream file = File.Create(path))
        {
            file.Write(BitConverter.GetBytes((65UL << 20)));
            file.SetLength(66L << 20);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        TempFolder.AssertBadInput(() => TensorFile.Open(path).Dispose(), path, "at most");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Fact]
    public void OtherTypesAreListedAndOnlyRefusedWhenAskedFor()
    {
        string path = Put(Encoding.UTF8.GetBytes("{\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},\"new\":{\"dtype\":\"F4_X\",\"shape\":[9000000000],\"data_offsets\":[4,6]}}"), 6);
        using TensorFile file = TensorFile.Open(path);
        Assert.Equal(2, file.Tensors.Count);
        TempFolder.AssertBadInput(() => file.ReadDoubles("h"), path, "'h'", "'F16'", "expected F32 or F64");
        TempFolder.AssertBadInput(() => file.ReadDoubles("new"), path, "'new'", "'F4_X'");
    }

    [Fact]
    public void ChecksumsThatAreMissingOrMalformedDoNotVerify()
    {
        string path = Put("{}"u8.ToArray(), 0);
        using (TensorFile plain = TensorFile.Open(path))
        {
            TempFolder.AssertBadInput(plain.VerifyChecksum, path, "'checksum' is missing");
        }

        foreach (string sum in new[] { "", "sha256:00", "sha256:" + new string('0', 64), "\\u0073ha256:" + new string('0', 64) })
        {
            Put(Encoding.UTF8.GetBytes("{\"__metadata__\":{\"checksum\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"header_checksum\":\"" + sum + "\"}}"), 0);
            using TensorFile file = TensorFile.Open(path);
            TempFolder.AssertBadInput(file.VerifyChecksum, path, "header checksum");
        }
    }

    [Fact]
    public void MissingFileAndFolder()
    {
        TempFolder.AssertBadInput(() => TensorFile.Open(_folder.At("absent")), "no such file");
        TempFolder.AssertBadInput(() => TensorFile.Open(_folder.FullName), "is a folder");
    }
}
