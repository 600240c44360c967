using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary>A data set as the options choose it: opened, reduced to columns, divided, and with noise on quantised columns.</summary>
internal sealed class DataChoice
{
    private DataChoice(DataSet set, ColumnNoise? noise, ulong noiseSeed) => (Set, Noise, NoiseSeed) = (set, noise, noiseSeed);

    public const string DequantizeHelp = "columns or columns:SEED: adds U(0, step) to every column of rounded numbers, on all rows; the step is found from the training rows [none]";

    public DataSet Set { get; }

    /// <summary>What was added to the columns; null for nothing.</summary>
    public ColumnNoise? Noise { get; }

    public ulong NoiseSeed { get; }

    /// <summary>Opens it.</summary>
    /// <param name="data">Name or path.</param>
    /// <param name="columns">As <c>--columns</c>.</param>
    /// <param name="split">As <c>--split</c>.</param>
    /// <param name="dequantize">As <c>--dequantize</c>; null for none.</param>
    public static DataChoice Open(string data, string? columns, string? split, string? dequantize)
    {
        ulong seed = dequantize is null ? 0 : SeedOf(dequantize);
        DataSet set = DataSource.Open(data, columns, split);
        if (dequantize is null) return new DataChoice(set, null, 0);
        if (set.Toy is not null) throw new BadInputException($"--dequantize: {set.Name} is continuous; leave the option out.");
        ColumnNoise noise = ColumnNoise.Detect(set.Train);
        return new DataChoice(noise.Apply(set, seed), noise, seed);
    }

    /// <summary>The text by which equal choices are recognised.</summary>
    public static string Canonical(string dequantize) => SeedOf(dequantize) is > 0 and ulong seed ? $"columns:{seed}" : "columns";

    /// <summary>One line on the noise.</summary>
    public string Describe()
    {
        Table train = Set.Train;
        string[] names = [.. Enumerable.Range(0, train.Columns).Select(c => train.ColumnNames?[c] ?? c.ToString(CultureInfo.InvariantCulture))];
        string list = string.Join(", ", names.Select((name, c) => FormattableString.Invariant($"{name} {(Noise!.Steps[c] > 0 ? Noise.Steps[c].ToString("G6", CultureInfo.InvariantCulture) : "none")}")));
        return $"noise  U(0, step) on {Noise!.Count} of {train.Columns} columns, seed {NoiseSeed}; steps: {list}";
    }

    /// <summary>The noise as a property of a report.</summary>
    public void Write(Utf8JsonWriter json)
    {
        if (Noise is null) return;
        json.WriteStartObject("dequantize");
        json.WriteNumber("seed", NoiseSeed);
        json.WriteStartArray("steps");
        foreach (double step in Noise.Steps) json.WriteNumberValue(step);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ulong SeedOf(string text)
    {
        if (text == "columns") return 0;
        if (text.StartsWith("columns:", StringComparison.Ordinal)) return Arguments.Seed("--dequantize columns", text["columns:".Length..]);
        throw new BadInputException($"--dequantize {BadInputException.Quote(text)}: expected columns or columns:SEED.");
    }
}
