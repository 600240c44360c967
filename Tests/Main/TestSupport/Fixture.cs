using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Golden numbers: one safetensors file (8-byte header length, JSON header, little-endian F64 data).</summary>
public sealed class Fixture
{
    private readonly Dictionary<string, (int[] Shape, double[] Data)> tensors = [];

    private Fixture(string name, string path)
    {
        Name = name;
        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        ReadOnlySpan<byte> data = bytes.AsSpan(8 + headerLength);
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                Metadata = entry.Value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
                continue;
            }

            string type = entry.Value.GetProperty("dtype").GetString()!;
            if (type != "F64") throw new InvalidDataException($"{path}: {entry.Name} is {type}; only F64 is read here.");
            int[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32())];
            int from = entry.Value.GetProperty("data_offsets")[0].GetInt32(), to = entry.Value.GetProperty("data_offsets")[1].GetInt32();
            double[] values = MemoryMarshal.Cast<byte, double>(data[from..to]).ToArray();
            if (values.Length != shape.Aggregate(1, (p, d) => p * d)) throw new InvalidDataException($"{path}: {entry.Name} has {values.Length} elements, shape [{string.Join(", ", shape)}].");
            tensors[entry.Name] = (shape, values);
        }

        Config = JsonDocument.Parse(Metadata["config"]).RootElement;
        Rtol = double.Parse(Metadata["rtol"], CultureInfo.InvariantCulture);
    }

    /// <summary>Path below Tests/Fixtures without the ending, such as "linalg/general_tiny_a".</summary>
    public string Name { get; }

    /// <summary>The strings of the file's metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Metadata "config", parsed.</summary>
    public JsonElement Config { get; }

    /// <summary>Relative tolerance of the file.</summary>
    public double Rtol { get; }

    /// <summary>All tensor names.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>The folder Tests/Fixtures of the repository that the tests were built from.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A tensor's values, row-major.</summary>
    public double[] this[string tensor] => Find(tensor).Data;

    /// <summary>Reads a file, such as <c>Load("linalg/general_tiny_a")</c>.</summary>
    public static Fixture Load(string name) => new(name, Path.Combine(Root, name + ".safetensors"));

    /// <summary>Names for <see cref="Load"/> of all files of a group whose file name starts with <paramref name="prefix"/>, sorted.</summary>
    public static IEnumerable<string> List(string group, string prefix = "") =>
        Directory.GetFiles(Path.Combine(Root, group), prefix + "*.safetensors")
            .Select(path => group + "/" + Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>Whether the file has the tensor.</summary>
    public bool Has(string tensor) => tensors.ContainsKey(tensor);

    /// <summary>A tensor's sizes.</summary>
    public int[] Shape(string tensor) => Find(tensor).Shape;

    /// <summary>Fails unless max |a - b| is at most rtol max(1, max |b|), b the stored tensor. The file's rtol unless given.</summary>
    public void AssertClose(string tensor, ReadOnlySpan<double> actual, double? rtol = null)
    {
        double[] expected = this[tensor];
        Assert.Equal(expected.Length, actual.Length);
        double scale = 1, worst = 0;
        int at = -1;
        foreach (double value in expected) scale = Math.Max(scale, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            if (actual[i].Equals(expected[i]) || error <= worst) continue;
            (worst, at) = (error, i);
            // Any comparison with NaN is false: settle it here.
            if (double.IsNaN(error)) break;
        }

        double bound = (rtol ?? Rtol) * scale;
        Assert.True(worst <= bound, at < 0 ? "" : $"{Name}: {tensor}[{at}] is {actual[at]:R}, expected {expected[at]:R}; error {worst:G3}, allowed {bound:G3}.");
    }

    private (int[] Shape, double[] Data) Find(string tensor) =>
        tensors.TryGetValue(tensor, out (int[], double[]) found) ? found
            : throw new KeyNotFoundException($"{Name} has no tensor {tensor}; it has {string.Join(", ", tensors.Keys)}.");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NativeFlow.sln"))) return Path.Combine(folder.FullName, "Tests", "Fixtures");
        throw new DirectoryNotFoundException($"NativeFlow.sln is in no folder above {AppContext.BaseDirectory}; run the tests from a build inside the repository.");
    }
}
