using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace NativeFlow.Engine;

/// <summary>
/// Reads a safetensors file: 8 bytes header length (little-endian), a JSON header, raw row-major values. Nothing in such a file can
/// execute. Tensors are read on demand from the open file. Safe to read from several threads.
/// </summary>
/// <remarks>
/// Integrity. Files written here carry two SHA-256 sums, and together they cover every byte. <c>checksum</c> is over the data section
/// alone, so that any tool can recompute it from the raw bytes. It says nothing about the header, where a flipped bit could rename a
/// tensor, swap two offsets or change the recipe; so <c>header_checksum</c> is over the 8 length bytes and the whole header
/// (<c>checksum</c> included) with its own 64 digits read as zeros. <see cref="VerifyChecksum"/> needs both: a flip in a key's name
/// shows as a missing sum. They guard against damage, not against somebody who recomputes them.
/// </remarks>
public sealed class TensorFile : IDisposable
{
    private const int ChunkBytes = 1 << 16;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly TensorHeader _header;
    private readonly byte[] _headerBytes;
    private readonly long _dataStart;
    private readonly long _dataLength;

    private TensorFile(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
        long length = RandomAccess.GetLength(handle);
        if (length < 8)
        {
            throw new BadInputException($"{path}: has {length} bytes, too few for a safetensors file; give a model or tensor file.");
        }

        Span<byte> prefix = stackalloc byte[8];
        ReadAt(0, prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > (ulong)(length - 8))
        {
            throw new BadInputException($"{path}: says its header has {headerLength} bytes, but only {length - 8} follow; it is cut short or no safetensors file, copy or write it again.");
        }

        if (headerLength > TensorHeader.MaxLength)
        {
            throw new BadInputException($"{path}: says its header has {headerLength} bytes, at most {TensorHeader.MaxLength} are accepted; it is damaged or no safetensors file.");
        }

        _headerBytes = new byte[(int)headerLength];
        ReadAt(8, _headerBytes);
        _dataStart = 8 + (long)headerLength;
        _dataLength = length - _dataStart;
        _header = TensorHeader.Parse(path, _headerBytes, _dataLength);
    }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _header.Tensors;

    /// <summary>The file's strings (<c>__metadata__</c>); empty if it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its whole header; no tensor data is read. Cost: proportional to the header.</summary>
    /// <exception cref="BadInputException">The file is missing, unreadable, cut short or not a well-formed safetensors file.</exception>
    public static TensorFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new BadInputException($"{path}: is a folder, expected a safetensors file; name the file inside it.");
        }

        if (!File.Exists(path))
        {
            throw new BadInputException($"{path}: no such file, expected a safetensors file; check the path.");
        }

        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            TensorFile file = new(path, handle);
            handle = null;
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read ({e.Message}); check the path and its permissions.", e);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>Finds a tensor's row in the table.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TensorInfo? info) =>
        _header.ByName.TryGetValue(name, out info);

    /// <summary>A metadata string that the caller cannot do without.</summary>
    /// <exception cref="BadInputException">The file has no such string.</exception>
    public string RequireMetadata(string key) => Metadata.TryGetValue(key, out string? value)
        ? value
        : throw new BadInputException($"{_path}: metadata '{key}' is missing; expected a file written by NativeFlow, save the model again.");

    /// <summary>
    /// Reads a tensor's values, row-major; F32 and F64 are converted to <typeparamref name="T"/> where they differ (round to nearest).
    /// </summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">Exactly as long as the tensor has values.</param>
    /// <exception cref="BadInputException">No such tensor, another length, a dtype other than F32 and F64, or a finite value too large for <typeparamref name="T"/>.</exception>
    public void Read<T>(string name, Span<T> destination) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        TensorInfo info = FindReadable(name);
        if (info.Count != destination.Length)
        {
            throw new BadInputException($"{_path}: tensor {BadInputException.Quote(name)} is {info} with {info.Count} values, expected {destination.Length}; the file belongs to another model.");
        }

        if (info.Dtype == "F32")
        {
            ReadAs<float, T>(info, destination);
        }
        else
        {
            ReadAs<double, T>(info, destination);
        }
    }

    /// <summary>A tensor's values in double precision, row-major. Allocates the array.</summary>
    /// <exception cref="BadInputException">As <see cref="Read{T}"/>, or too many values for one array.</exception>
    public double[] ReadDoubles(string name)
    {
        TensorInfo info = FindReadable(name);
        if (info.Count > Array.MaxLength)
        {
            throw new BadInputException($"{_path}: tensor {BadInputException.Quote(name)} has {info.Count} values, at most {Array.MaxLength} fit one array; split it.");
        }

        double[] values = new double[info.Count];
        Read<double>(name, values);
        return values;
    }

    /// <summary>Recomputes both checksums (see the remarks of this class), streaming through the whole file.</summary>
    /// <exception cref="BadInputException">A byte of the file changed since it was written, or it carries no checksums.</exception>
    public void VerifyChecksum()
    {
        string data = RequireMetadata(TensorHeader.ChecksumKey);
        string header = RequireMetadata(TensorHeader.HeaderChecksumKey);
        if (_header.HeaderChecksumOffset < 0)
        {
            throw Damaged("header checksum", "a SHA-256 sum", header);
        }

        string actual = HashHeader(_headerBytes, _header.HeaderChecksumOffset);
        if (!string.Equals(header, actual, StringComparison.Ordinal))
        {
            throw Damaged("header checksum", actual, header);
        }

        actual = HashData();
        if (!string.Equals(data, actual, StringComparison.Ordinal))
        {
            throw Damaged("data checksum", actual, data);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>The header's sum: length prefix and header, with the 64 digits at <paramref name="textOffset"/> + 7 taken as zeros.</summary>
    internal static string HashHeader(ReadOnlySpan<byte> header, int textOffset)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        Span<byte> zeros = stackalloc byte[64];
        zeros.Fill((byte)'0');
        int digits = textOffset + TensorHeader.ChecksumPrefix.Length;
        hash.AppendData(prefix);
        hash.AppendData(header[..digits]);
        hash.AppendData(zeros);
        hash.AppendData(header[(digits + zeros.Length)..]);
        return TensorHeader.ChecksumPrefix + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string HashData()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        for (long at = 0; at < _dataLength;)
        {
            int length = (int)Math.Min(ChunkBytes, _dataLength - at);
            ReadAt(_dataStart + at, buffer.AsSpan(0, length));
            hash.AppendData(buffer, 0, length);
            at += length;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return TensorHeader.ChecksumPrefix + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private TensorInfo FindReadable(string name)
    {
        if (TryGet(name, out TensorInfo? info))
        {
            // Sizes of other types were perhaps never checked against the file: refuse before memory is taken.
            return info.Dtype is "F32" or "F64"
                ? info
                : throw new BadInputException($"{_path}: tensor {BadInputException.Quote(name)} has type {BadInputException.Quote(info.Dtype)}, expected F32 or F64; convert it first.");
        }

        string has = string.Join(", ", Tensors.Take(8).Select(t => BadInputException.Quote(t.Name)));
        throw new BadInputException($"{_path}: has no tensor {BadInputException.Quote(name)}; it has {Tensors.Count}: {has}{(Tensors.Count > 8 ? ", ..." : "")}.");
    }

    private void ReadAs<TStored, T>(TensorInfo info, Span<T> destination)
        where TStored : unmanaged, System.Numerics.IFloatingPointIeee754<TStored>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        long position = _dataStart + info.Begin;
        if (typeof(TStored) == typeof(T) && BitConverter.IsLittleEndian)
        {
            // In pieces, because a span of bytes ends at 2 GiB.
            for (Span<T> rest = destination; rest.Length > 0;)
            {
                Span<byte> piece = MemoryMarshal.AsBytes(rest[..Math.Min(rest.Length, 1 << 24)]);
                ReadAt(position, piece);
                position += piece.Length;
                rest = rest[Math.Min(rest.Length, 1 << 24)..];
            }

            return;
        }

        int size = typeof(TStored) == typeof(float) ? sizeof(float) : sizeof(double);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        for (int done = 0; done < destination.Length;)
        {
            int count = Math.Min(ChunkBytes / size, destination.Length - done);
            Span<byte> bytes = buffer.AsSpan(0, count * size);
            ReadAt(position, bytes);
            position += bytes.Length;
            for (int i = 0; i < count; i++)
            {
                double value = size == sizeof(float)
                    ? BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..])
                    : BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                T converted = T.CreateChecked(value);
                if (T.IsInfinity(converted) && double.IsFinite(value))
                {
                    throw new BadInputException($"{_path}: tensor {BadInputException.Quote(info.Name)} holds {value:R} at index {done + i}, too large for {typeof(T).Name}; read it in double precision.");
                }

                destination[done + i] = converted;
            }

            done += count;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void ReadAt(long position, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int got = RandomAccess.Read(_handle, destination, position);
            if (got == 0)
            {
                throw new BadInputException($"{_path}: ends at byte {position}, {destination.Length} bytes early; it was cut short while being read, copy or write it again.");
            }

            position += got;
            destination = destination[got..];
        }
    }

    private BadInputException Damaged(string what, string actual, string stored) =>
        new($"{_path}: {what} is {actual}, but the file says {BadInputException.Quote(stored)}; it was damaged after it was written, use another copy.");
}
