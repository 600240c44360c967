using System.Buffers.Binary;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class IdxReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal static byte[] Idx(ReadOnlySpan<uint> axes, ReadOnlySpan<byte> values, byte type = 8)
    {
        byte[] bytes = new byte[4 + (4 * axes.Length) + values.Length];
        bytes[2] = type;
        bytes[3] = (byte)axes.Length;
        for (int i = 0; i < axes.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 + (4 * i)), axes[i]);
        }

        values.CopyTo(bytes.AsSpan(4 + (4 * axes.Length)));
        return bytes;
    }

    private static byte[] Ramp(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];

    [Fact]
    public void ThreeAndFourAxesPlainAndGzip()
    {
        byte[] grey = Idx([2, 3, 4], Ramp(24));
        byte[] colour = Idx([2, 3, 2, 2], Ramp(24));
        foreach (string path in new[] { _folder.Put("g", grey), _folder.PutGzip("g.gz", grey) })
        {
            Table table = IdxReader.Read(path);
            Assert.Equal((2, 12, 256, 1, 3, 4), (table.Rows, table.Columns, table.Levels, table.Channels, table.Height, table.Width));
            Assert.Equal(17, table[1, 5]);
        }

        Table planar = IdxReader.Read(_folder.PutGzip("c.gz", colour));
        Assert.Equal((2, 12, 3, 2, 2), (planar.Rows, planar.Columns, planar.Channels, planar.Height, planar.Width));
        Assert.Equal(Ramp(5), IdxReader.ReadLabels(_folder.Put("l", Idx([5], Ramp(5)))));
    }

    [Fact]
    public void EveryTruncationIsNoticed()
    {
        byte[] plain = Idx([3, 2, 2], Ramp(12));
        byte[] packed = TempFolder.Gzip(plain);
        foreach (byte[] whole in new[] { plain, packed })
        {
            for (int length = 0; length < whole.Length; length++)
            {
                string path = _folder.Put("cut", whole.AsSpan(0, length));
                TempFolder.AssertBadInput(() => IdxReader.Read(path), path);
            }
        }
    }

    [Fact]
    public void EveryFlippedByteOfTheGzipContentIsNoticedOrHarmless()
    {
        byte[] good = TempFolder.Gzip(Idx([3, 2, 2], Ramp(12)));
        string path = _folder.At("flipped");
        int noticed = 0, harmless = 0;

        // The ten bytes before the content (time, system) mean nothing to the values.
        for (int at = 10; at < good.Length; at++)
        {
            byte[] bad = (byte[])good.Clone();
            bad[at] ^= 0x10;
            File.WriteAllBytes(path, bad);
            try
            {
                // Bits that only fill up a byte may change; a value may not.
                Table table = IdxReader.Read(path);
                Assert.Equal(Ramp(12), Enumerable.Range(0, 12).Select(i => (byte)table[i / 4, i % 4]));
                harmless++;
            }
            catch (BadInputException)
            {
                noticed++;
            }
        }

        Assert.True(noticed > 20 && harmless <= 2, $"{noticed} noticed, {harmless} harmless");
    }

    [Fact]
    public void HostileHeaders()
    {
        void Refused(byte[] bytes, string fragment)
        {
            string path = _folder.Put("x", bytes);
            TempFolder.AssertBadInput(() => IdxReader.Read(path), path, fragment);
        }

        Refused("P5 2 2"u8.ToArray(), "does not begin");
        Refused(Idx([2, 1, 1], [1, 2], type: 0x0D), "0x0D");
        Refused(Idx([2], [1, 2]), "1 axes");
        Refused(Idx([2, 1], [1, 2]), "2 axes");
        Refused(Idx([1, 1, 1, 1, 1], [1]), "5 axes");
        Refused(Idx([], []), "0 axes");
        Refused(Idx([0, 1, 1], []), "extent 0");
        Refused(Idx([uint.MaxValue, 1, 1], [1]), "extent 4294967295");
        Refused(Idx([2, 1, 1], [1, 2, 3]), "goes on");
        Refused(Idx([int.MaxValue, int.MaxValue, int.MaxValue], [1]), "at most");
        Refused(Idx([65536, 65536, 65536], [1]), "at most");
    }

    [Fact]
    public void AnnouncedSizesTakeNoMemory()
    {
        byte[] bytes = Idx([1 << 18, 32, 32], [1, 2, 3]);
        foreach (string path in new[] { _folder.Put("x", bytes), _folder.PutGzip("x.gz", bytes) })
        {
            Assert.Throws<BadInputException>(() => IdxReader.Read(path));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<BadInputException>(() => IdxReader.Read(path));
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken < 3 << 20, $"{taken} bytes were allocated for a file of 19");
        }
    }

    [Fact]
    public void AFolderBecomesADataSetWithTheLastSixthAsValidation()
    {
        _folder.PutGzip("train-images-idx3-ubyte.gz", Idx([17, 1, 2], Ramp(34)));
        TempFolder.AssertBadInput(() => IdxReader.ReadFolder(_folder.FullName), _folder.FullName, "t10k-images-idx3-ubyte");
        _folder.Put("t10k-images-idx3-ubyte", Idx([3, 1, 2], Ramp(6)));
        DataSet set = IdxReader.ReadFolder(_folder.FullName);
        Assert.Equal((15, 2, 3, 256), (set.Train.Rows, set.Validation.Rows, set.Test.Rows, set.Levels));
        Assert.Equal(30, set.Validation[0, 0]);
        _folder.Put("t10k-images-idx3-ubyte", Idx([3, 2, 1], Ramp(6)));
        TempFolder.AssertBadInput(() => IdxReader.ReadFolder(_folder.FullName), "1x2", "2x1");
    }
}
