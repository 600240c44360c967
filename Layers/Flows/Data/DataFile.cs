using System.Buffers.Binary;
using System.IO.Compression;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// A data file read front to back, plain or gzip (told by its content). Takes no memory on a header's word, and notices a gzip file
/// that was cut short, which <see cref="GZipStream"/> alone reports as an ordinary end.
/// </summary>
internal sealed class DataFile : IDisposable
{
    // Deflate cannot pack tighter than about 1032 to 1.
    private const long BestRatio = 1040;
    private const int FirstBlock = 1 << 20;

    private readonly FileStream _file;
    private readonly Stream _stream;
    private readonly bool _gzip;
    private uint _crc;
    private long _read;

    private DataFile(string path, FileStream file)
    {
        Path = path;
        _file = file;
        Span<byte> magic = stackalloc byte[2];
        int got = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        _gzip = got == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
        _stream = _gzip ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
    }

    internal string Path { get; }

    /// <summary>File name without folder, <c>.gz</c> and one further ending: the name of the data set.</summary>
    internal static string NameOf(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            name = name[..^3];
        }

        string bare = System.IO.Path.GetFileNameWithoutExtension(name);
        return bare.Length > 0 ? bare : name;
    }

    internal static DataFile Open(string path, string expected)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new BadInputException($"{path}: is a folder, expected {expected}; name the file inside it.");
        }

        if (!File.Exists(path))
        {
            throw new BadInputException($"{path}: no such file, expected {expected}; check the path.");
        }

        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            DataFile opened = new(path, file);
            file = null;
            return opened;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read ({e.Message}); check its permissions.", e);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Fills the span as far as the file goes; returns less only at its end, which is then verified.</summary>
    internal int ReadUpTo(Span<byte> destination)
    {
        int got;
        try
        {
            got = _stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new BadInputException($"{Path}: cannot be {(_gzip ? "unpacked" : "read")} after byte {_read} ({e.Message}); it is damaged, copy it again.", e);
        }

        _read += got;
        if (_gzip)
        {
            _crc = Crc32.Append(_crc, destination[..got]);
            if (got < destination.Length)
            {
                CheckTrailer();
            }
        }

        return got;
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes; memory grows with what really arrives.</summary>
    internal byte[] ReadExactly(long count, string what)
    {
        long most = _gzip ? Math.Min(_file.Length, long.MaxValue / BestRatio) * BestRatio : _file.Length - _read;
        if (count > most || count > Array.MaxLength)
        {
            throw Short(count, what);
        }

        byte[] bytes = new byte[_gzip ? Math.Min(count, FirstBlock) : count];
        int filled = 0;
        while (true)
        {
            int got = ReadUpTo(bytes.AsSpan(filled));
            filled += got;
            if (filled < bytes.Length)
            {
                throw Short(count, what);
            }

            if (filled == count)
            {
                return bytes;
            }

            Array.Resize(ref bytes, (int)Math.Min(count, 2L * bytes.Length));
        }
    }

    /// <summary>Nothing may follow.</summary>
    internal void ExpectEnd(string what)
    {
        Span<byte> one = stackalloc byte[1];
        if (ReadUpTo(one) != 0)
        {
            throw new BadInputException($"{Path}: goes on after the {_read - 1} bytes that {what} announces; it is damaged or another kind of file, copy it again.");
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _file.Dispose();
    }

    // The last eight bytes of a gzip file are the checksum and the length of its content.
    private void CheckTrailer()
    {
        Span<byte> trailer = stackalloc byte[8];
        _file.Position = Math.Max(0, _file.Length - 8);
        int got = _file.ReadAtLeast(trailer, 8, throwOnEndOfStream: false);
        if (got < 8 || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _crc || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != (uint)_read)
        {
            throw new BadInputException($"{Path}: the gzip file ends early or is damaged ({_read} bytes came out, its last bytes say otherwise), expected one whole gzip member; copy or pack it again.");
        }
    }

    private BadInputException Short(long count, string what) =>
        new($"{Path}: {what} announces {count} bytes of values, but the file holds fewer; it is cut short or damaged, copy it again.");
}
