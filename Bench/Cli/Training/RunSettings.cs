using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>Fills in what the user left out, and turns a description's texts into what the libraries take.</summary>
internal static class RunSettings
{
    /// <summary>A complete description: what was given, and the presets' numbers for the rest.</summary>
    public static RunDescription Resolve(IReadOnlyDictionary<string, string> given, DataSet data)
    {
        var run = new RunDescription { DataChecksum = Checksum(data) };
        foreach ((string name, string text) in given) run[name] = RunDescription.Canonical(name, text);
        run["data"] ??= Presets.DefaultData;
        run["model"] ??= Presets.DefaultModel(data.Train.Columns, data.Levels);
        run["dtype"] ??= "float";
        run["seed"] ??= "0";
        run["schedule"] ??= Presets.Schedule;
        Preset? preset = Presets.Find(run.Model);
        if (preset?.Strategy is { } own) run["strategy"] ??= own;
        string? strategy = StrategyChoice.NameOf(run["strategy"]);
        if (StrategyChoice.Of(run) is { } chosen)
        {
            if (strategy!.StartsWith("snf-", StringComparison.Ordinal) && !chosen.ContainsKey("weight")) run["lambda"] ??= Text(preset?.Lambda ?? Presets.Lambda(strategy, data.Train.Columns));
        }
        else
        {
            foreach (string option in (ReadOnlySpan<string>)["lambda", "every", "probes"])
                if (run[option] is not null) throw new BadInputException($"--{option}: belongs to a strategy, but the strategies come from the recipe {run.Model}; give --strategy as well, or change the recipe.");
        }

        if (run["optimizer"] is null && Presets.Clip(strategy) is { } clip) run["clip"] ??= clip;
        if (preset is { IsDeep: true }) run["clip"] ??= Presets.DeepClip;
        if (preset is { Images: not null }) run["clip"] ??= Presets.ImageClip;
        run["optimizer"] ??= RunDescription.Canonical("optimizer", Presets.Optimizer(strategy));
        run["epochs"] ??= Text(Presets.Epochs(data.Train.Rows));
        run["batch"] ??= Text(Presets.Batch(data.Train.Rows, preset is { IsDeep: true }));
        IOptimizer<float> optimizer = Optimizer<float>(run);
        run["lr"] ??= preset?.Rate is { } rate ? Text(rate) : Text(Presets.LearningRate(optimizer.Name, data.Train.Columns, strategy));
        if (data.Train.Rows < run.Batch) throw new BadInputException($"--batch {run.Batch}: {data.Name} has {data.Train.Rows} training rows; give at most {data.Train.Rows}.");
        long steps = (long)run.Epochs * (data.Train.Rows / run.Batch);
        run["warmup"] ??= Text(Presets.Warmup(steps));
        Schedule(run, data.Train.Rows / run.Batch);
        return run;
    }

    /// <summary>The optimiser: a name, or a JSON object with a name and options.</summary>
    public static IOptimizer<T> Optimizer<T>(RunDescription run) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        string text = run["optimizer"]!;
        if (!text.StartsWith('{')) return OptimizerFactory.Create<T>(text);
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return OptimizerFactory.Create<T>(json.RootElement);
        }
        catch (JsonException)
        {
            throw new BadInputException($"--optimizer {BadInputException.Quote(text)}: is no valid JSON; expected a name ({string.Join(", ", OptimizerFactory.Names)}) or an object such as {{\"name\":\"adamw\",\"weight_decay\":0.01}}.");
        }
    }

    /// <summary>The schedule: <c>constant</c>, <c>cosine[:FINAL]</c> or <c>step:EPOCHS[:GAMMA]</c>.</summary>
    public static LearningRateSchedule Schedule(RunDescription run, int stepsPerEpoch)
    {
        string text = run["schedule"]!;
        string[] parts = text.Split(':');
        long steps = (long)run.Epochs * stepsPerEpoch;
        if (run.Warmup >= steps) throw new BadInputException($"--warmup {run.Warmup}: the run has {steps} steps ({run.Epochs} epochs of {stepsPerEpoch}); give fewer warm-up steps.");
        switch (parts)
        {
            case ["constant"]:
                return LearningRateSchedule.Constant(run.Rate, run.Warmup);
            case ["cosine"]:
                return LearningRateSchedule.Cosine(run.Rate, steps, run.Warmup);
            case ["cosine", string final]:
                return LearningRateSchedule.Cosine(run.Rate, steps, run.Warmup, Arguments.Number("--schedule cosine", final, zero: true));
            case ["step", string every]:
                return LearningRateSchedule.Step(run.Rate, Arguments.Whole("--schedule step", every, 1) * (long)stepsPerEpoch, warmupSteps: run.Warmup);
            case ["step", string every, string gamma]:
                return LearningRateSchedule.Step(run.Rate, Arguments.Whole("--schedule step", every, 1) * (long)stepsPerEpoch, Arguments.Number("--schedule step", gamma, zero: false), run.Warmup);
            default:
                throw new BadInputException($"--schedule {BadInputException.Quote(text)}: expected constant, cosine, cosine:FINAL (last rate as a fraction, such as cosine:0.01) or step:EPOCHS or step:EPOCHS:GAMMA (such as step:20:0.5).");
        }
    }

    public static TrainerOptions Options(RunDescription run, int stepsPerEpoch) => new()
    {
        BatchSize = run.Batch,
        Epochs = run.Epochs,
        Schedule = Schedule(run, stepsPerEpoch),
        ClipNorm = run.Clip,
        Seed = run.Seed,
        ValidateEvery = Presets.ValidateEvery(run.Epochs),
    };

    /// <summary>Checksum of sizes and of up to 4096 rows of each table, evenly spaced.</summary>
    public static uint Checksum(DataSet data)
    {
        uint crc = 0;
        foreach (Table table in (ReadOnlySpan<Table>)[data.Train, data.Validation, data.Test])
            for (Table? t = table; t is not null; t = t.Context) crc = Checksum(crc, t);

        return crc;
    }

    private static uint Checksum(uint crc, Table table)
    {
        crc = Crc32.Append(crc, BitConverter.GetBytes(((long)table.Rows << 32) + table.Columns));
        var row = new double[table.Columns];
        int rows = Math.Min(table.Rows, 4096);
        for (int i = 0; i < rows; i++)
        {
            table.CopyRow((int)((long)i * table.Rows / rows), row.AsSpan());
            crc = Crc32.Append(crc, System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(row));
        }

        return crc;
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
