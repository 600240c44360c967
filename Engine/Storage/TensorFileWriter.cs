using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace NativeFlow.Engine;

/// <summary>
/// Writes a safetensors file that <see cref="TensorFile"/> and other readers of the format understand. The same tensors and metadata
/// give the same bytes, in whatever order they were added.
/// </summary>
public sealed class TensorFileWriter
{
    private static readonly string NoChecksum = TensorHeader.ChecksumPrefix + new string('0', 64);

    private readonly List<Entry> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal)
    {
        ["format"] = "nativeflow",
        ["format_version"] = "1",
    };

    /// <summary>Adds a string to <c>__metadata__</c>; <c>format</c>, <c>format_version</c> and the checksums are the writer's own.</summary>
    /// <exception cref="ArgumentException">The key is taken.</exception>
    public void AddMetadata(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        if (key is TensorHeader.ChecksumKey or TensorHeader.HeaderChecksumKey || !_metadata.TryAdd(key, value))
        {
            throw new ArgumentException($"TensorFileWriter: metadata '{key}' is there already or is the writer's own; choose another key.", nameof(key));
        }
    }

    /// <summary>Adds a tensor of float or double values, row-major; the values are copied now.</summary>
    /// <exception cref="ArgumentException">The name is taken, or shape and number of values disagree.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is neither float nor double.</exception>
    public void Add<T>(string name, ReadOnlySpan<long> shape, ReadOnlySpan<T> values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long count = CountOf(name, shape);
        if (count != values.Length)
        {
            throw new ArgumentException($"TensorFileWriter: tensor '{name}' has shape [{string.Join(", ", shape.ToArray())}] = {count} values, but {values.Length} are given.", nameof(values));
        }

        byte[] bytes = new byte[checked(values.Length * ElementSize<T>())];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bytes);
        }
        else
        {
            CopyReversed(values, bytes);
        }

        AddEntry(name, Dtype<T>(), shape, count, stream => stream.Write(bytes));
    }

    /// <summary>
    /// Adds a tensor whose bytes (little-endian, row-major) <paramref name="fill"/> writes when the file is written; for parameters that
    /// live in native memory and need no copy.
    /// </summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is neither float nor double.</exception>
    public void Add<T>(string name, ReadOnlySpan<long> shape, Action<Stream> fill) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(fill);
        AddEntry(name, Dtype<T>(), shape, CountOf(name, shape), fill);
    }

    /// <summary>Writes the file atomically (<see cref="AtomicFile"/>).</summary>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A fill callback wrote another number of bytes than its shape says.</exception>
    public void Write(string path) => AtomicFile.Write(path, WriteTo);

    /// <summary>Writes to a seekable stream at its position.</summary>
    /// <exception cref="InvalidOperationException">A fill callback wrote another number of bytes than its shape says.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);

        // Wider types first keeps every tensor aligned to its own element size; names decide the rest, so the order of Add does not matter.
        Entry[] ordered = [.. _entries.OrderByDescending(e => e.Size).ThenBy(e => e.Name, StringComparer.Ordinal)];

        // Checksums have a fixed length, so the header is written twice at the same size: before the data as a place holder, after it for good.
        // One pass over the data, and callbacks are called once.
        long start = stream.Position;
        byte[] header = BuildHeader(ordered, NoChecksum, out _);
        WriteHeader(stream, header);
        string checksum = WriteData(stream, ordered);
        long end = stream.Position;

        header = BuildHeader(ordered, checksum, out int textOffset);
        string headerChecksum = TensorFile.HashHeader(header, textOffset);
        System.Text.Encoding.ASCII.GetBytes(headerChecksum, header.AsSpan(textOffset));
        stream.Position = start;
        WriteHeader(stream, header);
        stream.Position = end;
    }

    private static void WriteHeader(Stream stream, byte[] header)
    {
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
    }

    private static string WriteData(Stream stream, Entry[] entries)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using HashingStream counted = new(stream, hash);
        foreach (Entry entry in entries)
        {
            long before = counted.Written;
            entry.Fill(counted);
            if (counted.Written - before != entry.Bytes)
            {
                throw new InvalidOperationException($"TensorFileWriter: tensor '{entry.Name}' needs {entry.Bytes} bytes, its callback wrote {counted.Written - before}.");
            }
        }

        return TensorHeader.ChecksumPrefix + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private byte[] BuildHeader(Entry[] entries, string checksum, out int headerChecksumOffset)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            // header_checksum comes first: then its place is known without searching.
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString(TensorHeader.HeaderChecksumKey, NoChecksum);
            json.Flush();
            headerChecksumOffset = checked((int)text.Length) - 1 - TensorHeader.ChecksumTextLength;
            json.WriteString(TensorHeader.ChecksumKey, checksum);
            foreach ((string key, string value) in _metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach (Entry entry in entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Dtype);
                json.WriteStartArray("shape");
                foreach (long extent in entry.Shape)
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += entry.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // The format asks for blanks up to a multiple of 8, so that the data begins aligned.
        while (text.Length % 8 != 0)
        {
            text.WriteByte((byte)' ');
        }

        if (text.Length > TensorHeader.MaxLength)
        {
            throw new InvalidOperationException($"TensorFileWriter: the header needs {text.Length} bytes, readers accept {TensorHeader.MaxLength}; use fewer tensors or less metadata.");
        }

        return text.ToArray();
    }

    private void AddEntry(string name, string dtype, ReadOnlySpan<long> shape, long count, Action<Stream> fill)
    {
        int size = TensorHeader.ElementSize(dtype);
        _entries.Add(new Entry(name, dtype, size, shape.ToArray(), checked(count * size), fill));
        _names.Add(name);
    }

    private long CountOf(string name, ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == "__metadata__" || _names.Contains(name))
        {
            throw new ArgumentException($"TensorFileWriter: the name '{name}' is taken; every tensor needs its own.", nameof(name));
        }

        long count = 1;
        foreach (long extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
            count = checked(count * extent);
        }

        return count;
    }

    private static string Dtype<T>() => typeof(T) == typeof(float) ? "F32"
        : typeof(T) == typeof(double) ? "F64"
        : throw new NotSupportedException($"TensorFileWriter: {typeof(T).Name} tensors cannot be written; use float or double.");

    private static int ElementSize<T>() => TensorHeader.ElementSize(Dtype<T>());

    private static void CopyReversed<T>(ReadOnlySpan<T> values, Span<byte> bytes) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int size = ElementSize<T>();
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> to = bytes.Slice(i * size, size);
            MemoryMarshal.AsBytes(values.Slice(i, 1)).CopyTo(to);
            to.Reverse();
        }
    }

    private sealed record Entry(string Name, string Dtype, int Size, long[] Shape, long Bytes, Action<Stream> Fill);
}
