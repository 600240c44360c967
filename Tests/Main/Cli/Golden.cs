using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NativeFlow.Tests;

/// <summary>A golden case that can be changed and written again, to plant faults. Reads and writes the format on its own.</summary>
internal sealed class Golden
{
    internal sealed record Tensor(int[] Shape, double[] Values);

    internal Dictionary<string, string> Metadata { get; } = [];

    internal Dictionary<string, Tensor> Tensors { get; } = [];

    internal static Golden Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        var golden = new Golden();
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                foreach (JsonProperty p in entry.Value.EnumerateObject()) golden.Metadata.Add(p.Name, p.Value.GetString()!);
                continue;
            }
            int[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32())];
            int from = entry.Value.GetProperty("data_offsets")[0].GetInt32(), to = entry.Value.GetProperty("data_offsets")[1].GetInt32();
            golden.Tensors.Add(entry.Name, new Tensor(shape, MemoryMarshal.Cast<byte, double>(bytes.AsSpan(8 + headerLength)[from..to]).ToArray()));
        }
        return golden;
    }

    internal void Write(string path)
    {
        using var header = new MemoryStream();
        using var data = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in Metadata) json.WriteString(key, value);
            json.WriteEndObject();
            foreach ((string name, Tensor tensor) in Tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F64");
                json.WriteStartArray("shape");
                foreach (int n in tensor.Shape) json.WriteNumberValue(n);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(data.Length);
                data.Write(MemoryMarshal.AsBytes<double>(tensor.Values));
                json.WriteNumberValue(data.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(header.GetBuffer().AsSpan(0, (int)header.Length));
        file.Write(data.GetBuffer().AsSpan(0, (int)data.Length));
    }
}
