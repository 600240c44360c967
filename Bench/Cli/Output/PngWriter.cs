using System.Buffers.Binary;
using System.IO.Compression;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Writes 8-bit PNG pictures (ISO/IEC 15948), grey or RGB, without filters or interlace.</summary>
public static class PngWriter
{
    /// <summary>Writes a grey picture, [height x width], row-major, 0 black; atomically.</summary>
    public static void WriteGray(string path, ReadOnlySpan<byte> pixels, int width, int height) => Write(path, pixels, width, height, 1);

    /// <summary>Writes a colour picture, [height x width x 3], red green blue interleaved; atomically.</summary>
    public static void WriteRgb(string path, ReadOnlySpan<byte> pixels, int width, int height) => Write(path, pixels, width, height, 3);

    /// <summary>The bytes of a colour picture, [height x width x 3].</summary>
    public static byte[] EncodeRgb(ReadOnlySpan<byte> pixels, int width, int height)
    {
        using MemoryStream stream = new();
        Write(stream, pixels, width, height, 3);
        return stream.ToArray();
    }

    private static void Write(string path, ReadOnlySpan<byte> pixels, int width, int height, int channels)
    {
        using AtomicFile file = AtomicFile.Create(path);
        Write(file.Stream, pixels, width, height, channels);
        file.Commit();
    }

    private static void Write(Stream stream, ReadOnlySpan<byte> pixels, int width, int height, int channels)
    {
        if (width < 1 || height < 1 || (long)width * height * channels != pixels.Length)
        {
            throw new ArgumentException($"PngWriter: a {width}x{height} picture with {channels} channels needs {(long)width * height * channels} bytes, {pixels.Length} are given.", nameof(pixels));
        }

        byte[] packed = Compress(pixels, width * channels, height);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = (byte)(channels == 1 ? 0 : 2);
        header[10..].Clear();

        stream.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, packed);
        WriteChunk(stream, "IEND"u8, []);
    }

    private static byte[] Compress(ReadOnlySpan<byte> pixels, int stride, int height)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int row = 0; row < height; row++)
            {
                // Every row is preceded by its filter; 0 is none.
                zlib.WriteByte(0);
                zlib.Write(pixels.Slice(row * stride, stride));
            }
        }

        return packed.ToArray();
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);

        // The checksum covers type and data, not the length.
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(Crc32.Append(0, type), data));
        stream.Write(number);
    }
}
