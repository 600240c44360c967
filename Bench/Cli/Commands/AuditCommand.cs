using System.CommandLine;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow audit</c>.</summary>
internal static class AuditCommand
{
    private const int DefaultRows = 32, DefaultDraws = 200, CheckedPoints = 4;

    public static Command Create()
    {
        Argument<string?> file = new("MODEL") { Description = "model.safetensors written by train", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> layer = Arguments.Text("--layer", "one layer instead: the JSON of a recipe's entry, or a file with it; also checked as a bijector", "JSON|FILE");
        Option<string?> model = Arguments.Text("--model", "an untrained model instead: a preset or a recipe file, as for train", "NAME|FILE");
        Option<string?> data = Arguments.Text("--data", $"data as for train [{Presets.DefaultData}; standard normal rows for --layer]", "NAME|PATH");
        Option<string?> columns = Arguments.Text("--columns", "columns to use [all]", "LIST");
        Option<string?> split = Arguments.Text("--split", "file that divides the rows; test rows are used", "FILE");
        Option<string?> dequantize = Arguments.Text("--dequantize", DataChoice.DequantizeHelp, "columns[:SEED]");
        Option<string?> strategy = Arguments.Text("--strategy", "another strategy on the same weights, a name or a JSON object with name and options [the recipe's]", "NAME|JSON");
        Option<string?> draws = Arguments.Text("--draws", $"draws of random numbers [{DefaultDraws}]", "N");
        Option<string?> rows = Arguments.Text("--rows", $"rows used [{DefaultRows}]", "N");
        Option<string?> seed = Arguments.Text("--seed", "seed of the draws, and of start values where nothing is trained [0]", "N");
        Option<string?> threads = Arguments.Text("--threads", "threads; results do not depend on it [one per processor]", "N");
        Option<bool> attack = Arguments.Switch("--attack", "also look for points near the rows where the round trip fails (200 sign-gradient steps within 0.05 standard deviations)");
        Option<bool> asJson = Arguments.Switch("--json", "print the result as JSON");
        Command command = new("audit", "Holds what training computes against the truth: log-determinants and gradients of every layer as its strategy gives them against the exact ones; bias, variance, cost. Exit code 1 when something is not what it declares.")
        {
            file, layer, model, data, columns, split, dequantize, strategy, draws, rows, seed, threads, attack, asJson,
        };
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(file), entry = parsed.GetValue(layer), preset = parsed.GetValue(model);
            if ((path is null ? 0 : 1) + (entry is null ? 0 : 1) + (preset is null ? 0 : 1) != 1)
                throw new BadInputException("audit: give exactly one of MODEL (a file written by train), --layer and --model.");
            int count = parsed.GetValue(rows) is { } r ? Arguments.Whole("--rows", r, 1) : DefaultRows;
            ulong key = parsed.GetValue(seed) is { } s ? Arguments.Seed("--seed", s) : 0;
            string? dataName = parsed.GetValue(data) ?? (entry is null ? Presets.DefaultData : null);
            DataChoice? choice = dataName is null ? null : DataChoice.Open(dataName, parsed.GetValue(columns), parsed.GetValue(split), parsed.GetValue(dequantize));
            using var stop = new StopSignal();
            using var backend = new SimdBackend<double>(parsed.GetValue(threads) is { } t ? Arguments.Whole("--threads", t, 1) : 0);
            using Flow<double> flow = Open(path, entry, preset, parsed.GetValue(strategy), choice, key, backend);
            Table? table = choice?.Set.Test;
            double[] x = table is null ? Normal(count * flow.Dimension, key) : Rows(table, flow, count);
            double[] context = Context(table, flow, x.Length / flow.Dimension);
            if (path is null) flow.Initialize(x, context);

            var progress = new BenchProgress(parsed.InvocationConfiguration.Error);
            var options = new AuditOptions
            {
                Draws = parsed.GetValue(draws) is { } n ? Arguments.Whole("--draws", n, 2) : DefaultDraws,
                Key = key,
                Progress = (what, done, total) => progress.Say($"{what}: draw {done} of {total}"),
            };
            FlowAudit audit = JacobianAudit.OfStrategy(flow, x, options, context, stop.Token);
            BijectorAudit? bijector = entry is null || stop.IsRequested || flow.ContextWidth > 0 || flow.Dimension > options.DenseLimit
                ? null
                : JacobianAudit.OfBijector(flow.Transforms[0], x.AsSpan(0, Math.Min(CheckedPoints, x.Length / flow.Dimension) * flow.Dimension), store: flow.Store);
            AttackReport? attacked = parsed.GetValue(attack) && !stop.IsRequested ? Attack(path, flow, x, choice, key, progress, stop.Token) : null;
            progress.Clear();
            var report = new AuditReport(path ?? preset ?? "layer", table is null ? "standard normal rows" : $"{table.Name} (test)", options.Draws, key, flow, audit, bijector, attacked);
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson)) stdout.WriteLine(report.Json());
            else report.Print(stdout);
            return report.Failed ? Program.Failed : Program.Done;
        });
        return command;
    }

    private static Flow<double> Open(string? path, string? entry, string? preset, string? strategy, DataChoice? choice, ulong seed, IBackend<double> backend)
    {
        JsonObject? replacement = strategy is null ? null : StrategyChoice.Parse(strategy);
        if (path is not null) return ModelFile.DtypeOf(path) == "float" ? Load<float>(path, replacement, backend) : Load<double>(path, replacement, backend);
        JsonObject recipe;
        if (entry is not null)
        {
            recipe = new JsonObject { ["version"] = ModelFile.RecipeVersion, ["layers"] = new JsonArray(Layer(entry)) };
        }
        else
        {
            RunDescription run = RunSettings.Resolve(new Dictionary<string, string> { ["model"] = preset!, ["dtype"] = "double" }, choice!.Set);
            recipe = JsonNode.Parse(ModelBuilder.Recipe(run, choice.Set).GetRawText())!.AsObject();
        }

        recipe["dtype"] = "double";
        recipe["seed"] = seed;
        Replace(recipe, replacement, preset ?? "the layer");
        if (recipe["base"] is null)
        {
            // A layer says its width only once it is made.
            JsonNode first = recipe["layers"]![0]!;
            if (first["kind"] is not JsonValue kind || !kind.TryGetValue(out string? name)) throw new BadInputException($"--layer: the entry has no \"kind\"; there are {string.Join(", ", BijectorRegistry.Kinds)}.");
            using JsonDocument one = JsonDocument.Parse(first.ToJsonString());
            IBijector<double> made = BijectorRegistry.Create<double>(name, one.RootElement);
            recipe["base"] = new JsonObject { ["kind"] = "standard-normal", ["dimension"] = made.Dimension };
        }

        using JsonDocument json = JsonDocument.Parse(recipe.ToJsonString());
        return ModelFile.FromRecipe(json.RootElement, backend);
    }

    private static Flow<double> Load<T>(string path, JsonObject? replacement, IBackend<double> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var own = new SimdBackend<T>(1);
        using Flow<T> flow = ModelFile.Load(path, own);
        JsonObject recipe = JsonNode.Parse(ModelFile.Recipe(flow))!.AsObject();
        Replace(recipe, replacement, path);
        using JsonDocument json = JsonDocument.Parse(recipe.ToJsonString());
        return DoubleCopy.Of(flow, json.RootElement, backend);
    }

    private static void Replace(JsonObject recipe, JsonObject? strategy, string model)
    {
        if (strategy is not null) StrategyChoice.Apply(recipe["layers"]!.AsArray(), strategy, model);
    }

    private static JsonNode Layer(string text)
    {
        string json = text.TrimStart().StartsWith('{') ? text : ReadFile(text);
        try
        {
            return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 32, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject
                ?? throw new BadInputException($"--layer {BadInputException.Quote(text)}: is no JSON object; expected an entry such as {{\"kind\":\"linear\",\"dimension\":8}}.");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"--layer {BadInputException.Quote(text)}: is no valid JSON, line {e.LineNumber + 1}, byte {e.BytePositionInLine}; expected an entry such as {{\"kind\":\"linear\",\"dimension\":8}}.");
        }
    }

    private static string ReadFile(string path)
    {
        const int Largest = 1 << 24;
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > Largest) throw new BadInputException($"--layer {path}: has {file.Length} bytes, an entry of a recipe at most {Largest}.");
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--layer {path}: cannot be read ({e.Message}); give a file with the JSON of a layer, or the JSON itself.");
        }
    }

    private static double[] Rows(Table table, Flow<double> flow, int count)
    {
        int d = flow.Dimension;
        if (d != table.Columns) throw new BadInputException($"audit: the model has {d} features, but {table.Name} has {table.Columns} columns; choose the columns it was trained on with --columns, or other data.");
        var x = new double[Math.Min(count, table.Rows) * d];
        for (int r = 0; r < x.Length / d; r++) table.CopyRow(r, x.AsSpan(r * d, d));
        if (table.Levels > 0) Dequantization.AddUniformNoise(x.AsSpan(), Presets.EvaluationKey, 0, 0);
        return x;
    }

    private static double[] Context(Table? table, Flow<double> flow, int rows)
    {
        int width = flow.ContextWidth;
        if (width != (table?.Context?.Columns ?? 0))
            throw new BadInputException($"audit: the model takes a context of {width} columns, but the data have {table?.Context?.Columns ?? 0}; name them behind a bar, as in --columns \"0-3|4\".");
        var context = new double[rows * width];
        for (int r = 0; r < rows && width > 0; r++) table!.Context!.CopyRow(r, context.AsSpan(r * width, width));
        return context;
    }

    private static double[] Normal(int count, ulong key)
    {
        var x = new double[count];
        RandomFill.Gaussian<double>(SeedMix.Of(key, 0x6175), 0, 0, x);
        return x;
    }

    // In the precision that the model was trained in: what rounding does to it is the question.
    private static AttackReport Attack(string? path, Flow<double> flow, double[] x, DataChoice? choice, ulong key, BenchProgress progress, CancellationToken stop)
    {
        double[] scale = new double[flow.Dimension];
        Array.Fill(scale, 1);
        if (choice is not null) scale = ModelBuilder.Statistics(choice.Set.Train, choice.Set.Levels).Deviation;
        double smallest = scale.Where(s => s > 0).DefaultIfEmpty(1).Min();
        // A column that never changes has no scale of its own.
        for (int i = 0; i < scale.Length; i++) scale[i] = scale[i] > 0 ? scale[i] : smallest;
        bool levels = choice is { Set.Levels: > 0 };
        var options = new AttackOptions
        {
            Key = key,
            Low = levels ? 0 : double.NegativeInfinity,
            High = levels ? choice!.Set.Levels : double.PositiveInfinity,
            Progress = (done, total) => progress.Say($"attack: step {done} of {total}"),
        };
        if (path is null || ModelFile.DtypeOf(path) == "double") return InvertibilityAttack.Run<double>(flow, x, scale, options, stop);
        using Flow<float> single = ModelFile.Load<float>(path);
        return InvertibilityAttack.Run<float>(single, Array.ConvertAll(x, v => (float)v), scale, options, stop);
    }
}
