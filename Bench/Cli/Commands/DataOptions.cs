using System.CommandLine;
using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary>The options of commands that hold a model against data.</summary>
internal sealed class DataOptions
{
    private static readonly string[] Parts = ["train", "validation", "test", "all"];

    private readonly Option<string?> _data = Arguments.Text("--data", $"data as for train [{Presets.DefaultData}]", "NAME|PATH");
    private readonly Option<string?> _columns = Arguments.Text("--columns", "columns to use [all]", "LIST");
    private readonly Option<string?> _split = Arguments.Text("--split", "file that divides the rows", "FILE");
    private readonly Option<string?> _dequantize = Arguments.Text("--dequantize", DataChoice.DequantizeHelp, "columns[:SEED]");
    private readonly Option<string?> _part;
    private readonly Option<string?> _draws = Arguments.Text("--draws", $"dequantisation draws of integer data [{Presets.TestDraws}]", "N");
    private readonly Option<string?> _threads = Arguments.Text("--threads", "threads; results do not depend on it [one per processor]", "N");
    private readonly Option<string?> _device = DeviceChoice.CreateOption();
    private readonly string? _defaultPart;

    /// <summary>Makes the options.</summary>
    /// <param name="defaultPart">Rows taken when nothing is said; null: all of a file, the test rows of a set that comes divided.</param>
    public DataOptions(string? defaultPart)
    {
        _defaultPart = defaultPart;
        _part = Arguments.Text("--part", $"rows to use: {string.Join(", ", Parts)} [{defaultPart ?? "all of a file, test of a divided set"}]", "PART");
    }

    /// <summary>The model's file.</summary>
    public Argument<string> Model { get; } = new("MODEL") { Description = "model.safetensors written by train" };

    public void AddTo(Command command)
    {
        command.Add(Model);
        foreach (Option option in (ReadOnlySpan<Option>)[_data, _columns, _split, _dequantize, _part, _draws, _threads, _device]) command.Add(option);
    }

    public int Draws(ParseResult parsed) => parsed.GetValue(_draws) is { } text ? Arguments.Whole("--draws", text, 1) : Presets.TestDraws;

    public int Threads(ParseResult parsed) => parsed.GetValue(_threads) is { } text ? Arguments.Whole("--threads", text, 1) : 0;

    public DeviceChoice Device(ParseResult parsed) => DeviceChoice.Of(parsed.GetValue(_device));

    /// <summary>As <see cref="Open"/>, for models that know no dequantisation.</summary>
    public (Table Table, string Part) OpenLatent(ParseResult parsed)
    {
        foreach (Option<string?> option in (ReadOnlySpan<Option<string?>>)[_dequantize, _draws])
            if (parsed.GetValue(option) is not null) throw new BadInputException($"{option.Name}: belongs to flows; latent-variable models take data as they are, leave the option out.");
        (Table table, string part, _) = Open(parsed);
        return (table, part);
    }

    /// <summary>Opens the rows asked for and says which they are.</summary>
    public (Table Table, string Part, DataChoice? Choice) Open(ParseResult parsed)
    {
        string data = parsed.GetValue(_data) ?? Presets.DefaultData;
        string? columns = parsed.GetValue(_columns), split = parsed.GetValue(_split), dequantize = parsed.GetValue(_dequantize);
        bool divided = DataSource.IsDivided(data);
        string part = parsed.GetValue(_part) is { } text ? Arguments.OneOf("--part", text, Parts) : _defaultPart ?? (divided || split is not null || dequantize is not null ? "test" : "all");
        if (part == "all")
        {
            if (divided) throw new BadInputException($"--part all: {data} comes divided and has no one order of rows; choose train, validation or test.");
            if (split is not null) throw new BadInputException("--part all: takes every row, so --split has no meaning; leave one of the two out.");
            if (dequantize is not null) throw new BadInputException("--part all: has no training rows to find the steps of --dequantize in; choose train, validation or test, or leave --dequantize out.");
            return (DataSource.OpenFile(data, columns), part, null);
        }

        DataChoice choice = DataChoice.Open(data, columns, split, dequantize);
        return (part switch { "train" => choice.Set.Train, "validation" => choice.Set.Validation, _ => choice.Set.Test }, part, choice);
    }

    /// <summary>log p in standardised units minus log p in original ones, for a model that begins with a fixed scale (as train --standardize makes it); NaN for others.</summary>
    public static double StandardizedOffset(string model) => ModelFile.DtypeOf(model) == "float" ? StandardizedOffset<float>(model) : StandardizedOffset<double>(model);

    /// <summary>Exact log-likelihoods of the rows, in the element type that the model was trained in.</summary>
    public static double[] PerRow(string model, Table table, int draws, DeviceChoice device, int threads)
        => ModelFile.DtypeOf(model) == "float" ? PerRow<float>(model, table, draws, device, threads) : PerRow<double>(model, table, draws, device, threads);

    /// <summary>The round trips of the first rows of a table, and of as many samples.</summary>
    public static (RoundTrip Data, RoundTrip Samples) RoundTrips(string model, Table table, int rows, DeviceChoice device)
        => ModelFile.DtypeOf(model) == "float" ? RoundTrips<float>(model, table, rows, device) : RoundTrips<double>(model, table, rows, device);

    private static (RoundTrip Data, RoundTrip Samples) RoundTrips<T>(string model, Table table, int rows, DeviceChoice device) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Kernels.IBackend<T> backend = device.Make<T>(0);
        using Flow<T> flow = ModelFile.Load(model, backend);
        if (flow.ContextWidth > 0) throw new BadInputException($"--round-trip: {model} takes a context; only models without one can be tried, leave the option out.");
        return (RoundTrip.OfData(flow, table, rows, Presets.EvaluationKey), RoundTrip.OfSamples(flow, Math.Min(rows, table.Rows), Presets.EvaluationKey));
    }

    private static double StandardizedOffset<T>(string model) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new Kernels.SimdBackend<T>(1);
        using Flow<T> flow = ModelFile.Load(model, backend);
        return flow.Transforms[0] is Affine<T> ? -flow.Store.Read(flow.Store.Find("layers.0.scale")).Sum(s => Math.Log(Math.Abs(double.CreateTruncating(s)))) : double.NaN;
    }

    private static double[] PerRow<T>(string model, Table table, int draws, DeviceChoice device, int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Kernels.IBackend<T> backend = device.Make<T>(threads);
        using Flow<T> flow = ModelFile.Load(model, backend);
        if (flow.Dimension != table.Columns)
            throw new BadInputException($"{model}: the model has {flow.Dimension} features, but {table.Name} has {table.Columns} columns; choose the columns it was trained on with --columns, or another model.");
        if (flow.EvaluationValue != ValueKind.Exact) throw new BadInputException($"{model}: a layer of the model gives a lower bound of the likelihood, and this command reports exact ones; use the library (LogProbBound).");
        if (flow.ContextWidth != (table.Context?.Columns ?? 0))
            throw new BadInputException($"{model}: the model takes a context of {flow.ContextWidth} columns, but {table.Name} has {table.Context?.Columns ?? 0}; name them behind a bar, as in --columns \"0-3|4\".");
        double[] rows = LikelihoodEvaluation.PerRow(flow, table, draws, Presets.EvaluationKey);
        for (int r = 0; r < rows.Length; r++)
            if (!double.IsFinite(rows[r])) throw new BadInputException($"{table.Name}: row {r} (from 0, of the rows used) has the log-density {rows[r]} under {model}; it lies outside what the model can take, leave it out.");
        return rows;
    }
}
