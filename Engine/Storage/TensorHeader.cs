using System.Text.Json;
using System.Text.Unicode;

namespace NativeFlow.Engine;

/// <summary>
/// Parses and checks the JSON header of a safetensors file. Everything in it is distrusted: sizes are checked against the length of
/// the file before any memory is taken, and memory stays proportional to the header's own bytes.
/// </summary>
internal sealed class TensorHeader
{
    /// <summary>Room for about half a million tensors; a longer header is taken for damage.</summary>
    internal const long MaxLength = 64L << 20;

    internal const string ChecksumKey = "checksum";
    internal const string HeaderChecksumKey = "header_checksum";
    internal const string ChecksumPrefix = "sha256:";
    internal const int ChecksumTextLength = 7 + 64;

    private readonly string _path;
    private readonly long _dataLength;

    private TensorHeader(string path, long dataLength)
    {
        _path = path;
        _dataLength = dataLength;
    }

    internal Dictionary<string, TensorInfo> ByName { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    internal List<TensorInfo> Tensors { get; } = [];

    /// <summary>Where in the header the raw text of the header checksum stands (inside its quotes), or -1.</summary>
    internal int HeaderChecksumOffset { get; private set; } = -1;

    internal static TensorHeader Parse(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        TensorHeader header = new(path, dataLength);
        if (!Utf8.IsValid(json))
        {
            throw header.Bad("the header is not UTF-8 text");
        }

        try
        {
            // Root, tensor, list: nothing in the format lies deeper.
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 3 });
            header.ReadRoot(ref reader);
        }
        catch (JsonException e)
        {
            throw header.Bad($"the header is not the JSON of a safetensors file ({e.Message})", e);
        }
        catch (InvalidOperationException e)
        {
            // An escape such as \ud800 alone, which is no character.
            throw header.Bad($"the header holds text that is not valid Unicode ({e.Message})", e);
        }

        header.CheckCoverage();
        return header;
    }

    /// <summary>Bytes of one element; 0 for a type that this version does not know.</summary>
    internal static int ElementSize(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" or "F8_E4M3" or "F8_E5M2" => 1,
        _ => 0,
    };

    private void ReadRoot(ref Utf8JsonReader reader)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "the header must be a JSON object");
        bool metadataSeen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (name == "__metadata__")
            {
                Expect(!metadataSeen, "'__metadata__' appears twice");
                metadataSeen = true;
                ReadMetadata(ref reader);
            }
            else
            {
                TensorInfo info = ReadTensor(ref reader, name);
                Expect(ByName.TryAdd(name, info), $"tensor {BadInputException.Quote(name)} appears twice");
                Tensors.Add(info);
            }
        }

        // Only blanks may follow the object; the reader refuses anything else.
        Expect(!reader.Read(), "text follows the header's closing brace");
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "'__metadata__' must be an object of strings");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            Expect(reader.Read() && reader.TokenType == JsonTokenType.String, $"metadata {BadInputException.Quote(key)} must be a string");
            Expect(Metadata.TryAdd(key, reader.GetString()!), $"metadata {BadInputException.Quote(key)} appears twice");
            if (key == HeaderChecksumKey && !reader.ValueIsEscaped && reader.ValueSpan.Length == ChecksumTextLength)
            {
                HeaderChecksumOffset = (int)reader.TokenStartIndex + 1;
            }
        }
    }

    private TensorInfo ReadTensor(ref Utf8JsonReader reader, string name)
    {
        string where = $"tensor {BadInputException.Quote(name)}";
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, $"{where} must be an object");
        string? dtype = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            switch (key)
            {
                case "dtype" when dtype is null:
                    Expect(reader.Read() && reader.TokenType == JsonTokenType.String, $"{where}: 'dtype' must be a string");
                    dtype = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, where, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, where, key);
                    break;
                default:
                    throw Bad($"{where}: field {BadInputException.Quote(key)} is unknown or appears twice");
            }
        }

        Expect(dtype is not null && shape is not null && offsets is not null, $"{where} needs 'dtype', 'shape' and 'data_offsets'");
        Expect(offsets!.Count == 2, $"{where}: 'data_offsets' needs 2 numbers, has {offsets.Count}");
        CheckRange(where, dtype!, shape!, offsets[0], offsets[1]);
        return new TensorInfo(name, dtype!, [.. shape!], offsets[0], offsets[1]);
    }

    private List<long> ReadNumbers(ref Utf8JsonReader reader, string where, string key)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartArray, $"{where}: '{key}' must be a list of numbers");
        List<long> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            long number = 0;
            bool whole = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number >= 0;
            Expect(whole, $"{where}: '{key}' may only hold whole numbers from 0 to {long.MaxValue}");
            numbers.Add(number);
        }

        return numbers;
    }

    private void CheckRange(string where, string dtype, List<long> shape, long begin, long end)
    {
        Expect(begin <= end, $"{where}: data ends at byte {end}, before it begins at {begin}");
        Expect(end <= _dataLength, $"{where}: data ends at byte {end}, but the file holds {_dataLength} bytes of data; it is cut short or damaged");

        // A zero extent makes the tensor empty however large the others are.
        long count = shape.Contains(0) ? 0 : 1;
        foreach (long extent in shape)
        {
            Expect(count == 0 || extent <= long.MaxValue / count, $"{where}: shape [{string.Join(", ", shape.Take(8))}] is too large");
            count *= extent;
        }

        int size = ElementSize(dtype);
        Expect(size == 0 || (end - begin) % size == 0 && (end - begin) / size == count,
            $"{where}: shape [{string.Join(", ", shape.Take(8))}] has {count} values of type {BadInputException.Quote(dtype)}, but {end - begin} bytes are given");
    }

    // The format allows neither holes nor overlaps, so that every byte of a file means something exactly once.
    private void CheckCoverage()
    {
        List<TensorInfo> inOrder = [.. Tensors.OrderBy(t => t.Begin).ThenBy(t => t.End)];
        long position = 0;
        TensorInfo? previous = null;
        foreach (TensorInfo tensor in inOrder)
        {
            Expect(tensor.Begin >= position, $"tensor {BadInputException.Quote(tensor.Name)} overlaps {BadInputException.Quote(previous?.Name ?? "")}");
            Expect(tensor.Begin == position, $"bytes {position} to {tensor.Begin} of the data belong to no tensor");
            position = tensor.End;
            previous = tensor;
        }

        Expect(position == _dataLength, $"{_dataLength - position} bytes follow the last tensor's data");
        Tensors.Clear();
        Tensors.AddRange(inOrder);
    }

    private void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw Bad(otherwise);
        }
    }

    private BadInputException Bad(string what, Exception? cause = null)
    {
        string message = $"{_path}: {what}; expected a whole safetensors file, copy or write it again.";
        return cause is null ? new BadInputException(message) : new BadInputException(message, cause);
    }
}
