using System.Diagnostics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>train</c> of graph autoencoders: what it writes and what it refuses.</summary>
public sealed class GraphTrainTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vgae", "graph:tree:60", "inner")]
    [InlineData("vgae-nc", "graph:lobster:140:3", "inner")]
    [InlineData("hvgae", "graph:spreading:80", "distance")]
    [InlineData("vgae-tc", "graph:spreading:80:1", "inner")]
    [InlineData("vgae-whc", "graph:spreading:80:1", "distance")]
    public void ARunHasItsFiles(string model, string data, string decoder)
    {
        string run = _folder.At("run");
        string json = CommandLine.Succeed(
            "train", "--model", model, "--data", data, "--decoder", decoder, "--latent", "4", "--epochs", "12", "--validate-every", "5", "--edge-dropout", "0.2", "--seed", "4", "--out", run, "--json", "--threads", "1");
        using JsonDocument summary = JsonDocument.Parse(json);
        Assert.Equal(json.TrimEnd(), File.ReadAllText(Path.Combine(run, "summary.json")).TrimEnd());
        JsonElement root = summary.RootElement, best = root.GetProperty("best_validation"), last = root.GetProperty("last_epoch");
        Assert.Equal(12, last.GetProperty("epoch").GetInt32());
        Assert.Contains(best.GetProperty("epoch").GetInt32(), new[] { 5, 10, 12 });
        foreach (JsonElement which in new[] { best, last })
            foreach (string part in new[] { "validation", "test" })
                foreach (string measure in new[] { "auc", "average_precision", "mean_reciprocal_rank", "hits_at_1", "hits_at_3", "hits_at_10" })
                    Assert.InRange(which.GetProperty(part).GetProperty(measure).GetDouble(), 0, 1);

        string[] history = File.ReadAllLines(Path.Combine(run, "history.jsonl"));
        Assert.Equal(12, history.Length);
        double Score(string line)
        {
            using JsonDocument epoch = JsonDocument.Parse(line);
            JsonElement v = epoch.RootElement.GetProperty("validation");
            return v.GetProperty("auc").GetDouble() + v.GetProperty("average_precision").GetDouble();
        }

        // The kept model is the one of the best validation, and it gives back what the summary says of it.
        int kept = best.GetProperty("epoch").GetInt32();
        Assert.Equal(new[] { 5, 10, 12 }.Max(e => Score(history[e - 1])), Score(history[kept - 1]));
        Assert.Equal(Score(history[kept - 1]), best.GetProperty("validation").GetProperty("auc").GetDouble() + best.GetProperty("validation").GetProperty("average_precision").GetDouble());
        GraphData graph = data.Split(':') is ["graph", "spreading", string nodes, .. var seed] ? SpreadingTree.Generate(int.Parse(nodes), seed is [string s] ? ulong.Parse(s) : 0)
            : data.StartsWith("graph:tree", StringComparison.Ordinal) ? new GraphData("tree", RandomTree.Generate(60, 0), null, 0) : new GraphData("lobster", RandomLobster.Generate(20, 2.0 / 3, 2.0 / 3, 3), null, 0);
        LinkSplit split = LinkSplit.Of(graph.Graph, 4);
        using GraphAutoencoder<double> loaded = GraphModelFile.Load<double>(Path.Combine(run, "model.safetensors"), split.Train, graph.Features);
        LinkMetrics test = LinkMetrics.Of(loaded.Scores([.. split.Test]), loaded.Scores([.. split.TestNegatives]));
        Assert.Equal(best.GetProperty("test").GetProperty("auc").GetDouble(), test.Auc);
    }

    [Fact]
    public void FilesAndFeaturesAreRead()
    {
        GraphData data = SpreadingTree.Generate(50, 2);
        string edges = _folder.Put("e.csv", "u,v\n" + string.Concat(data.Graph.Edges.ToArray().Select(e => $"{e.U},{e.V}\n")));
        string features = _folder.Put("f.csv", string.Concat(Enumerable.Range(0, 50).Select(i => $"{i % 3},{i % 5}\n")));
        string text = CommandLine.Succeed("train", "--model", "vgae", "--data", $"graph:{edges}", "--features", features, "--epochs", "2", "--out", _folder.At("run"));
        Assert.Contains("50 nodes, 49 edges, 2 features, a tree", text, StringComparison.Ordinal);
        Assert.Contains("best validation", text, StringComparison.Ordinal);
        // Without a model's name a graph is enough.
        Assert.Contains("identity features", CommandLine.Succeed("train", "--data", $"graph:{edges}", "--nodes", "60", "--epochs", "1", "--out", _folder.At("other")), StringComparison.Ordinal);
    }

    [Fact]
    public void StoppedAndResumedEndsWithTheSameBits()
    {
        string whole = _folder.At("whole"), stopped = _folder.At("stopped");
        string[] options = ["train", "--model", "vgae-whc", "--data", "graph:spreading:300", "--latent", "4", "--epochs", "400", "--dropout", "0.1", "--checkpoint-seconds", "0.01"];
        CommandLine.Succeed([.. options, "--out", whole, "--threads", "1"]);
        using (Process child = CommandLine.Start([.. options, "--out", stopped, "--threads", "2"]))
        {
            string checkpoint = Path.Combine(stopped, "checkpoint.safetensors");
            CommandLine.WaitFor(() => File.Exists(checkpoint), child);
            child.Kill();
            child.WaitForExit();
        }

        Assert.False(File.Exists(Path.Combine(stopped, "summary.json")));
        CommandLine.RefuseInput([.. options, "--out", stopped], "unfinished", "--resume");
        CommandLine.Succeed("train", "--resume", "--out", stopped);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(stopped, "model.safetensors")));
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "history.jsonl")), File.ReadAllText(Path.Combine(stopped, "history.jsonl")));
    }

    [InterruptFact]
    public void CtrlCStopsAndResumeEndsWithTheSameBits()
    {
        string whole = _folder.At("whole"), stopped = _folder.At("stopped");
        string[] options = ["train", "--model", "hvgae", "--data", "graph:spreading:100", "--latent", "3", "--epochs", "150", "--checkpoint-seconds", "0.01"];
        CommandLine.Succeed([.. options, "--out", whole, "--threads", "1"]);
        using (Process child = CommandLine.Start([.. options, "--out", stopped, "--threads", "1"]))
        {
            CommandLine.WaitFor(() => File.Exists(Path.Combine(stopped, "checkpoint.safetensors")), child);
            CommandLine.Signal(child, 2);
            Assert.True(child.WaitForExit(60_000));
            Assert.Equal(0, child.ExitCode);
        }

        Assert.InRange(CommandLine.History(stopped).Length, 1, 149);
        CommandLine.Succeed("train", "--resume", "--out", stopped);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(stopped, "model.safetensors")));
        Assert.Equal(CommandLine.History(whole), CommandLine.History(stopped));
    }

    [Theory]
    [InlineData("graph:E --nodes 3", "line 2", "node 3", "0 to 2")]
    [InlineData("graph:none.csv", "none.csv", "no such file")]
    [InlineData("graph:", "expected graph:PATH")]
    [InlineData("graph:tree:1", "--data NODES")]
    [InlineData("graph:tree:50:x", "--data SEED")]
    [InlineData("graph:tree:50 --nodes 60", "brings its own nodes")]
    [InlineData("graph:tree:10", "9 edges", "20")]
    [InlineData("graph:tree --model vgae-whc --latent 1", "vgae-whc", "2")]
    [InlineData("graph:tree --model vgae-tc --latent 1", "vgae-tc", "2")]
    [InlineData("graph:tree --model hvgae --curvature 1", "--curvature '1'", "below 0")]
    [InlineData("graph:tree --model hvgae --curvature 0", "--curvature", "below 0")]
    [InlineData("graph:tree --model hvgae --radius -1", "--radius")]
    [InlineData("graph:tree --model vgae --radius 2", "vgae is flat")]
    [InlineData("graph:tree --model vae", "no model of graphs", "vgae-whc")]
    [InlineData("graph:tree --decoder dot", "--decoder", "inner, distance")]
    [InlineData("graph:tree --normalization none", "--normalization", "symmetric, row")]
    [InlineData("graph:tree --dropout 1", "Dropout is 1")]
    [InlineData("graph:tree --edge-dropout 1.5", "Edge dropout is 1.5")]
    [InlineData("graph:tree --flow-hidden 8", "vgae has no flow")]
    [InlineData("graph:tree --batch 10", "--batch", "all edges at once")]
    [InlineData("graph:tree --monitor 10", "--monitor")]
    [InlineData("optdigits --decoder inner", "--decoder", "models of graphs")]
    [InlineData("bdp --model hvae --edge-dropout 0.1", "--edge-dropout", "models of graphs")]
    public void RefusesInOneLine(string options, params string[] fragments)
    {
        string edges = _folder.Put("e.csv", "0,1\n1,3\n");
        string run = _folder.At("run");
        CommandLine.RefuseInput(["train", "--data", .. options.Replace("graph:E", "graph:" + edges, StringComparison.Ordinal).Split(' '), "--epochs", "1", "--out", run], fragments);
        Assert.False(Directory.Exists(run));
    }

    [Theory]
    [InlineData("0,1\n2,2\n", "line 2", "node 2 to itself")]
    [InlineData("0,1\n1,two\n", "line 2", "'two'")]
    [InlineData("", "no edge")]
    public void BadEdgesAreRefusedInOneLine(string text, params string[] fragments)
    {
        string run = _folder.At("run");
        CommandLine.RefuseInput(["train", "--data", "graph:" + _folder.Put("e.csv", text), "--out", run], ["e.csv", .. fragments]);
        Assert.False(Directory.Exists(run));
    }
}
