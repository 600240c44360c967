using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>One golden case on disk: a safetensors file whose metadata names its layer, configuration and tolerance (Tests/Fixtures/README.md).</summary>
public sealed class FixtureFile : IDisposable
{
    private readonly TensorFile _file;
    private readonly JsonDocument _config;

    private FixtureFile(string path, TensorFile file)
    {
        Path = path;
        _file = file;
        Layer = Require("layer");
        Case = file.Metadata.TryGetValue("case", out string? name) ? name : System.IO.Path.GetFileNameWithoutExtension(path);
        string rtol = Require("rtol");
        // A file that allows itself anything would pass with any numbers.
        if (!double.TryParse(rtol, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value > 0 && value <= 1e-3))
            throw new BadInputException($"{path}: metadata 'rtol' is {BadInputException.Quote(rtol)}, expected a tolerance above 0 and up to 1e-3; this is no golden case, see Tests/Fixtures/README.md.");
        Rtol = value;
        try
        {
            _config = JsonDocument.Parse(Require("config"));
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path}: metadata 'config' is no JSON ({e.Message}); the file is damaged, use another copy.", e);
        }
        if (_config.RootElement.ValueKind == JsonValueKind.Object) return;
        _config.Dispose();
        throw new BadInputException($"{path}: metadata 'config' is no JSON object; the file is damaged, use another copy.");
    }

    /// <summary>Where it lies, as the user named it.</summary>
    public string Path { get; }

    /// <summary>Layer name of the README's section 4.</summary>
    public string Layer { get; }

    /// <summary>Name of the case, such as <c>general_hilbert_a</c>.</summary>
    public string Case { get; }

    /// <summary>Tolerance in double precision.</summary>
    public double Rtol { get; }

    /// <summary>The configuration.</summary>
    public JsonElement Config => _config.RootElement;

    /// <summary>All tensors.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _file.Tensors;

    /// <summary>Opens a file and checks everything but the tensors' values.</summary>
    /// <exception cref="BadInputException">Damaged, or no golden case.</exception>
    public static FixtureFile Open(string path)
    {
        TensorFile file = TensorFile.Open(path);
        try
        {
            return new FixtureFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file has the tensor.</summary>
    public bool Has(string tensor) => _file.TryGet(tensor, out _);

    /// <summary>A tensor's sizes.</summary>
    public int[] Shape(string tensor)
    {
        if (_file.TryGet(tensor, out TensorInfo? info)) return [.. info.Shape.Select(n => checked((int)n))];
        throw new BadInputException($"{Path}: has no tensor '{tensor}', which a case of layer '{Layer}' must have; the file is damaged or of another kind.");
    }

    /// <summary>A tensor's values, row-major.</summary>
    public double[] Read(string tensor)
    {
        _ = Shape(tensor);
        return _file.ReadDoubles(tensor);
    }

    /// <summary>A number of the configuration.</summary>
    public double Number(string name)
        => Config.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.Number && double.IsFinite(e.GetDouble())
            ? e.GetDouble() : throw new BadInputException($"{Path}: config '{name}' must be a finite number for layer '{Layer}'; the file is damaged or of another kind.");

    /// <summary>A string of the configuration.</summary>
    public string Text(string name)
        => Config.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.String
            ? e.GetString()! : throw new BadInputException($"{Path}: config '{name}' must be a string for layer '{Layer}'; the file is damaged or of another kind.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _config.Dispose();
        _file.Dispose();
    }

    private string Require(string key) => _file.Metadata.TryGetValue(key, out string? value) ? value
        : throw new BadInputException($"{Path}: metadata '{key}' is missing; expected a golden case as in Tests/Fixtures/README.md.");
}
