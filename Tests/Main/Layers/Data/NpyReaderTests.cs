using System.Text;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class NpyReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Npy(string dictionary, byte[] data, byte version = 1)
    {
        byte[] header = Encoding.Latin1.GetBytes(dictionary + "\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)header.Length) : BitConverter.GetBytes((uint)header.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. header, .. data];
    }

    private static byte[] Plain(string type, string shape, byte[] data, byte version = 1) =>
        Npy($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}", data, version);

    private static byte[] Bytes<T>(Func<T, byte[]> convert, params T[] values) => [.. values.SelectMany(convert)];

    [Fact]
    public void AllTypesAndBothVersions()
    {
        (string Type, byte[] Data)[] cases =
        [
            ("<f4", Bytes(BitConverter.GetBytes, 1f, 2f, 3f, 4f, 5f, 6f)),
            ("<f8", Bytes(BitConverter.GetBytes, 1.0, 2, 3, 4, 5, 6)),
            ("<i4", Bytes(BitConverter.GetBytes, 1, 2, 3, 4, 5, 6)),
            ("<i8", Bytes(BitConverter.GetBytes, 1L, 2, 3, 4, 5, 6)),
            ("|u1", [1, 2, 3, 4, 5, 6]),
        ];
        foreach ((string type, byte[] data) in cases)
        {
            foreach (byte version in new byte[] { 1, 2 })
            {
                byte[] file = Plain(type, "2, 3", data, version);
                foreach (string path in new[] { _folder.Put("a.npy", file), _folder.PutGzip("a.npy.gz", file) })
                {
                    Table table = NpyReader.Read(path);
                    Assert.Equal((2, 3, type == "|u1" ? 256 : 0, "a"), (table.Rows, table.Columns, table.Levels, table.Name));
                    Assert.Equal([1.0, 2, 3, 4, 5, 6], Enumerable.Range(0, 6).Select(i => table[i / 3, i % 3]));
                }
            }
        }
    }

    [Fact]
    public void OneAndThreeAxesFlatten()
    {
        Table one = NpyReader.Read(_folder.Put("a.npy", Plain("|u1", "3,", [1, 2, 3])));
        Assert.Equal((3, 1), (one.Rows, one.Columns));
        Table three = NpyReader.Read(_folder.Put("a.npy", Plain("|u1", "2, 1, 3", [1, 2, 3, 4, 5, 6])));
        Assert.Equal((2, 3), (three.Rows, three.Columns));
    }

    [Fact]
    public void Refuses()
    {
        void Refused(byte[] bytes, params string[] fragments)
        {
            string path = _folder.Put("x.npy", bytes);
            TempFolder.AssertBadInput(() => NpyReader.Read(path), [path, .. fragments]);
        }

        byte[] two = Bytes(BitConverter.GetBytes, 1.0, 2.0);
        Refused("hello world, no numpy"u8.ToArray(), "does not begin");
        Refused(Plain("<f8", "2, 1", two, version: 3), "format 3.0");
        Refused(Plain(">f8", "2, 1", two), "'>f8'");
        Refused(Plain("|O", "2, 1", two), "'|O'");
        Refused(Npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1), }", two), "fortran_order");
        Refused(Npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", two), "plain numeric");
        Refused(Npy("import os", two), "plain numeric");
        Refused(Plain("<f8", "", two), "without axes");
        Refused(Plain("<f8", "0, 3", []), "axis 0");
        Refused(Plain("<f8", "2, 1 1", two), "'1 1'");
        Refused(Plain("<f8", "99999999999, 1", two), "axis 0");
        Refused(Plain("<f8", "2147483647, 2147483647, 2147483647", two), "at most");
        Refused(Plain("<f8", "3, 1", two), "fewer");
        Refused(Plain("<f8", "1, 1", two), "goes on");
        Refused([0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2], "header of 4294967295 bytes");
        Refused([0x93, .. "NUMPY"u8, 1, 0, 0xFF, 0xFF, 1, 2]);
        Refused(Plain("<f8", "2, 1", Bytes(BitConverter.GetBytes, 1.0, double.NaN)), "row 1, column 0 is NaN");
        Refused(Plain("<f4", "1, 2", Bytes(BitConverter.GetBytes, 1f, float.NegativeInfinity)), "row 0, column 1", "Infinity");
        Refused(Plain("<i8", "1, 2", Bytes(BitConverter.GetBytes, 1L, long.MaxValue)), "column 1", "2^53");
    }

    [Fact]
    public void EveryTruncationIsNoticed()
    {
        byte[] whole = Plain("<f4", "1, 2", Bytes(BitConverter.GetBytes, 1f, 2f));
        for (int length = 0; length < whole.Length; length++)
        {
            string path = _folder.Put("cut.npy", whole.AsSpan(0, length));
            TempFolder.AssertBadInput(() => NpyReader.Read(path), path);
        }
    }

    [Fact]
    public void ColumnsAreChosenBeforeValuesAreJudged()
    {
        string path = _folder.Put("a.npy", Plain("<f8", "1, 2", Bytes(BitConverter.GetBytes, 1.0, double.NaN)));
        Assert.Equal(1, NpyReader.Read(path, "0")[0, 0]);
        Assert.Throws<BadInputException>(() => NpyReader.Read(path, "1"));
    }

    [Fact]
    public void AnnouncedSizesTakeNoMemory()
    {
        byte[] bytes = Plain("<f8", "1000000, 200", [1, 2, 3]);
        foreach (string path in new[] { _folder.Put("x", bytes), _folder.PutGzip("x.gz", bytes) })
        {
            Assert.Throws<BadInputException>(() => NpyReader.Read(path));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<BadInputException>(() => NpyReader.Read(path));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 3 << 20);
        }
    }
}
