using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow embed</c>.</summary>
internal static class EmbedCommand
{
    private const string Undirected = "graph:";
    private const int DefaultEpochs = 500;

    public static Command Create()
    {
        var defaults = new EmbeddingOptions();
        Option<string> data = new("--data") { Description = "edges: child,ancestor[,weight] by name, a line each; or graph:PATH, whole numbers u,v without direction", HelpName = "CSV|graph:PATH", Required = true };
        Option<string> output = new("--out") { Description = "folder for points.csv, embedding.safetensors and summary.json", HelpName = "DIR", Required = true };
        output.Aliases.Add("-o");
        Option<string?> latent = Arguments.Text("--latent", $"dimension of the hyperbolic space, 2 or more [{defaults.Dimension}]", "N");
        Option<string?> radius = Arguments.Text("--radius", "radius R, curvature -1/R^2 [1]", "R");
        Option<string?> epochs = Arguments.Text("--epochs", $"passes over the edges [{DefaultEpochs}]", "N");
        Option<string?> burnIn = Arguments.Text("--burn-in", "epochs at the start with a tenth of the rate [half of --epochs]", "N");
        Option<string?> rate = Arguments.Text("--learning-rate", $"step against the gradient of a pair's loss [{defaults.LearningRate}]", "X");
        Option<string?> negatives = Arguments.Text("--negatives", $"unrelated nodes that each edge is set against [{defaults.Negatives}]", "N");
        Option<string?> batch = Arguments.Text("--batch", $"edges a step [{defaults.Batch}]", "N");
        Option<string?> seed = Arguments.Text("--seed", "seed of all random numbers [0]", "N");
        Option<bool> asJson = Arguments.Switch("--json", "print the summary as JSON");
        Command command = new("embed", "Embeds a hierarchy in hyperbolic space (Nickel and Kiela, Lorentz model) and says how well distances reconstruct it. Ctrl-C stops and saves; plot --disk draws it.")
        {
            data, output, latent, radius, epochs, burnIn, rate, negatives, batch, seed, asJson,
        };
        command.SetAction(parsed =>
        {
            int passes = parsed.GetValue(epochs) is { } e ? Arguments.Whole("--epochs", e, 1) : DefaultEpochs;
            var options = new EmbeddingOptions
            {
                Dimension = parsed.GetValue(latent) is { } n ? Arguments.Whole("--latent", n, 2) : defaults.Dimension,
                Radius = parsed.GetValue(radius) is { } r ? Arguments.Number("--radius", r, zero: false) : defaults.Radius,
                BurnIn = parsed.GetValue(burnIn) is { } b ? Arguments.Whole("--burn-in", b, 0) : passes / 2,
                LearningRate = parsed.GetValue(rate) is { } x ? Arguments.Number("--learning-rate", x, zero: false) : defaults.LearningRate,
                Negatives = parsed.GetValue(negatives) is { } k ? Arguments.Whole("--negatives", k, 1) : defaults.Negatives,
                Batch = parsed.GetValue(batch) is { } m ? Arguments.Whole("--batch", m, 1) : defaults.Batch,
                Seed = parsed.GetValue(seed) is { } s ? Arguments.Seed("--seed", s) : defaults.Seed,
            };
            string source = parsed.GetRequiredValue(data), folder = parsed.GetRequiredValue(output);
            bool directed = !source.StartsWith(Undirected, StringComparison.Ordinal);
            NamedGraph graph = directed ? NamedGraph.Read(source) : NamedGraph.Of(EdgeListReader.Read(source[Undirected.Length..]));
            IReadOnlyList<(int, int)> edges = directed ? graph.Edges : BothWays(graph);
            var embedding = new HierarchyEmbedding(graph.Nodes.Count, edges, options);
            using var stop = new StopSignal();
            Prepare(folder);
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            bool json = parsed.GetValue(asJson);
            if (!json) stdout.WriteLine($"embed  {graph.Name}: {graph.Nodes.Count} nodes, {graph.Edges.Count} edges{(graph.Repeated > 0 ? $" ({graph.Repeated} repeated lines left out)" : "")}{(directed ? "" : ", both ways")}; H^{options.Dimension} of radius {options.Radius}, seed {options.Seed}");
            var clock = Stopwatch.StartNew();
            (double loss, bool stopped) = Train(embedding, passes, stop, parsed.InvocationConfiguration.Error);
            double seconds = clock.Elapsed.TotalSeconds;
            EmbeddingScore score = embedding.Score();
            string summary = Save(folder, graph, edges.Count, embedding, options, loss, score, source);
            if (json)
            {
                stdout.WriteLine(summary);
            }
            else
            {
                stdout.WriteLine(FormattableString.Invariant($"{(stopped ? "stopped after" : "done")}  {embedding.Epochs} epochs, {seconds:F1} s{(double.IsNaN(loss) ? "" : FormattableString.Invariant($"; loss {loss:F4} a pair (sampled)"))}"));
                stdout.WriteLine(FormattableString.Invariant($"mean rank {score.MeanRank:F2}, mean average precision {score.MeanAveragePrecision:F4}, over all pairs of nodes"));
                stdout.WriteLine($"points  {Path.Combine(folder, "points.csv")}{(options.Dimension == 2 ? "; draw them with plot --disk" : "")}");
            }

            return Program.Done;
        });
        return command;
    }

    private static (double Loss, bool Stopped) Train(HierarchyEmbedding embedding, int epochs, StopSignal stop, TextWriter stderr)
    {
        var progress = new BenchProgress(stderr);
        var clock = Stopwatch.StartNew();
        double loss = double.NaN;
        try
        {
            while (embedding.Epochs < epochs)
            {
                loss = embedding.Epoch(stop.Token);
                double left = clock.Elapsed.TotalSeconds / embedding.Epochs * (epochs - embedding.Epochs);
                progress.Say(FormattableString.Invariant($"epoch {embedding.Epochs}/{epochs}  loss {loss:F4}  about {left:F0} s left"));
            }
        }
        catch (OperationCanceledException) when (stop.IsRequested)
        {
            // What was reached is saved as it is.
        }

        progress.Clear();
        return (loss, embedding.Epochs < epochs);
    }

    private static List<(int, int)> BothWays(NamedGraph graph)
    {
        var seen = new HashSet<(int, int)>();
        var edges = new List<(int, int)>();
        foreach ((int a, int b) in graph.Edges)
        {
            if (seen.Add((a, b))) edges.Add((a, b));
            if (seen.Add((b, a))) edges.Add((b, a));
        }

        return edges;
    }

    private static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            // Without the summary nobody takes what an earlier run left for the result of this one.
            File.Delete(Path.Combine(folder, "summary.json"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{folder}: cannot be used as output folder ({e.Message}); give another --out.");
        }
    }

    private static string Save(string folder, NamedGraph graph, int pairs, HierarchyEmbedding embedding, EmbeddingOptions options, double loss, EmbeddingScore score, string source)
    {
        int n = options.Dimension;
        double[] disk = PointViews.ToPoincare(embedding.Points, n, options.Radius);
        CsvWriter.Write(
            Path.Combine(folder, "points.csv"),
            ["node", .. Enumerable.Range(1, n).Select(i => $"p{i}")],
            Enumerable.Range(0, graph.Nodes.Count).Select(i => (IReadOnlyList<string>)[graph.Nodes[i], .. disk.AsSpan(i * n, n).ToArray().Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))]));
        var tensors = new TensorFileWriter();
        tensors.AddMetadata("kind", "hyperbolic-embedding");
        tensors.AddMetadata("coordinates", "spatial part xs of the hyperboloid; x0 = sqrt(R^2 + |xs|^2)");
        tensors.AddMetadata("radius", options.Radius.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        tensors.AddMetadata("nodes", JsonText.Object(json =>
        {
            json.WriteStartArray("names");
            foreach (string name in graph.Nodes) json.WriteStringValue(name);
            json.WriteEndArray();
        }));
        tensors.Add<double>("points", [graph.Nodes.Count, n], embedding.Points);
        tensors.Write(Path.Combine(folder, "embedding.safetensors"));
        string summary = JsonText.Object(json =>
        {
            json.WriteString("data", source);
            json.WriteNumber("nodes", graph.Nodes.Count);
            json.WriteNumber("pairs", pairs);
            WriteOptions(json, options);
            json.WriteNumber("epochs", embedding.Epochs);
            if (double.IsFinite(loss)) json.WriteNumber("loss", loss);
            json.WriteNumber("mean_rank", score.MeanRank);
            json.WriteNumber("mean_average_precision", score.MeanAveragePrecision);
        });
        AtomicFile.Write(Path.Combine(folder, "summary.json"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(summary + "\n")));
        return summary;
    }

    private static void WriteOptions(Utf8JsonWriter json, EmbeddingOptions options)
    {
        json.WriteNumber("latent", options.Dimension);
        json.WriteNumber("radius", options.Radius);
        json.WriteNumber("learning_rate", options.LearningRate);
        json.WriteNumber("burn_in", options.BurnIn);
        json.WriteNumber("negatives", options.Negatives);
        json.WriteNumber("batch", options.Batch);
        json.WriteNumber("seed", options.Seed);
    }
}
