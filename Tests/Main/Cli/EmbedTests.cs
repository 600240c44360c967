using System.Text.Json;
using System.Xml.Linq;
using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>embed</c>, and <c>plot --disk</c> of what it writes.</summary>
public sealed class EmbedTests
{
    [Fact]
    public void AHierarchyIsEmbeddedScoredAndDrawn()
    {
        using TempFolder temp = new();
        string edges = Tree(temp);
        string stdout = CommandLine.Succeed("embed", "--data", edges, "--epochs", "60", "--burn-in", "20", "--learning-rate", "0.3", "--negatives", "20", "--out", temp.At("a"));
        Assert.Contains("tree: 31 nodes, 98 edges; H^2 of radius 1, seed 0", stdout, StringComparison.Ordinal);
        Assert.Matches(@"mean rank \d+\.\d\d, mean average precision 0\.\d{4}|mean average precision 1\.0000", stdout);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(temp.At("a"), "summary.json")));
        Assert.InRange(summary.RootElement.GetProperty("mean_average_precision").GetDouble(), 0.8, 1);
        Assert.Equal(60, summary.RootElement.GetProperty("epochs").GetInt32());
        string[] lines = File.ReadAllLines(Path.Combine(temp.At("a"), "points.csv"));
        Assert.Equal("node,p1,p2", lines[0]);
        Assert.Equal(32, lines.Length);
        Assert.StartsWith("n2.n.01,", lines[1], StringComparison.Ordinal);
        using (TensorFile tensors = TensorFile.Open(Path.Combine(temp.At("a"), "embedding.safetensors")))
        {
            double[] spatial = tensors.ReadDoubles("points");
            double p1 = double.Parse(lines[1].Split(',')[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(spatial[0] / (1 + Math.Sqrt(1 + spatial[0] * spatial[0] + spatial[1] * spatial[1])), p1, 1e-15);
        }

        // The same seed, the same files.
        CommandLine.Succeed("embed", "--data", edges, "--epochs", "60", "--burn-in", "20", "--learning-rate", "0.3", "--negatives", "20", "--out", temp.At("b"));
        foreach (string file in (string[])["points.csv", "embedding.safetensors", "summary.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(temp.At("a"), file)), File.ReadAllBytes(Path.Combine(temp.At("b"), file)));

        string points = Path.Combine(temp.At("a"), "points.csv");
        string line = CommandLine.Succeed("plot", points, "--disk", "--edges", edges, "--labels", "7", "--centre", "n1.n.01", "--out", temp.At("disk.svg"));
        Assert.Contains("31 points, 30 edges, depth up to 4, 7 of 7 names in the Poincare disk", line, StringComparison.Ordinal);
        XElement svg = XElement.Load(temp.At("disk.svg"));
        Assert.Contains("n1", svg.Descendants().Select(e => e.Value));
        // The point moved to the middle stands there.
        XElement root = svg.Descendants().Single(e => e.Name.LocalName == "circle" && e.Value == "n1");
        Assert.Equal(("426.0", "440.0"), (root.Attribute("cx")!.Value, root.Attribute("cy")!.Value));
        CommandLine.Succeed("plot", points, "--disk", "--labels", "n1,n2.n.01", "--size", "200", "--out", temp.At("disk.png"));
        CommandLine.Succeed("plot", points, "--disk", "--labels", "n1,n2.n.01", "--size", "200", "--out", temp.At("again.png"));
        Assert.Equal(File.ReadAllBytes(temp.At("disk.png")), File.ReadAllBytes(temp.At("again.png")));
    }

    [Fact]
    public void WholeNumbersAreAGraphWithoutDirection()
    {
        using TempFolder temp = new();
        string edges = "graph:" + temp.Put("path.csv", "0,1\n1,2\n2,3\n3,4\n4,2\n");
        JsonElement summary = JsonDocument.Parse(CommandLine.Succeed("embed", "--data", edges, "--latent", "3", "--radius", "2", "--epochs", "5", "--negatives", "2", "--out", temp.At("a"), "--json")).RootElement;
        Assert.Equal(10, summary.GetProperty("pairs").GetInt32());
        Assert.Equal(2, summary.GetProperty("radius").GetDouble());
        CommandLine.RefuseInput(["plot", Path.Combine(temp.At("a"), "points.csv"), "--disk", "--out", temp.At("a.png")], "has 4 columns, expected two coordinates");
        CommandLine.Succeed("embed", "--data", edges, "--epochs", "5", "--negatives", "2", "--out", temp.At("b"));
        Assert.Contains("5 points, 5 edges", CommandLine.Succeed("plot", Path.Combine(temp.At("b"), "points.csv"), "--disk", "--edges", edges, "--out", temp.At("b.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void BadInputIsOneLineAndLeavesNothing()
    {
        using TempFolder temp = new();
        string good = Tree(temp), folder = temp.At("out");
        CommandLine.RefuseInput(["embed", "--data", temp.Put("loop.csv", "a,b\nc,c\n"), "--out", folder], "loop.csv: line 2 is a self-loop of node 'c'");
        CommandLine.RefuseInput(["embed", "--data", "graph:" + temp.Put("names.csv", "0,1\n1,cat\n"), "--out", folder], "names.csv: line 2 has 'cat' for a node, expected a whole number from 0");
        CommandLine.RefuseInput(["embed", "--data", "graph:" + temp.Put("loops.csv", "0,1\n2,2\n"), "--out", folder], "loops.csv: line 2 joins node 2 to itself", "remove self-loops");
        CommandLine.RefuseInput(["embed", "--data", "graph:" + temp.Put("empty.csv", ""), "--out", folder], "empty.csv: holds no edge");
        CommandLine.RefuseInput(["embed", "--data", temp.At("empty.csv"), "--out", folder], "empty.csv: holds no rows");
        CommandLine.RefuseInput(["embed", "--data", temp.At("none.csv"), "--out", folder], "no such file");
        CommandLine.RefuseInput(["embed", "--data", "graph:" + temp.At("none.csv"), "--out", folder], "no such file");
        CommandLine.RefuseInput(["embed", "--data", good, "--latent", "1", "--out", folder], "--latent '1'", "from 2");
        CommandLine.RefuseInput(["embed", "--data", good, "--radius", "-1", "--out", folder], "--radius '-1'", "above 0");
        CommandLine.RefuseInput(["embed", "--data", good, "--radius", "0", "--out", folder], "--radius '0'", "above 0");
        Assert.False(Directory.Exists(folder));
        CommandLine.RefuseInput(["embed", "--data", good, "--out", good], "cannot be used as output folder");
    }

    [Fact]
    public void PointsThatCannotBeDrawnAreRefused()
    {
        using TempFolder temp = new();
        string outside = temp.Put("outside.csv", "node,p1,p2\na,0.1,0\nb,0.8,0.7\n"), good = temp.Put("good.csv", "node,p1,p2\na,0.1,0\nb,0.4,0.7\n");
        string picture = temp.At("p.png");
        CommandLine.RefuseInput(["plot", outside, "--disk", "--out", picture], "outside.csv: row 2: the point lies at 1.06", "inside, |p| < R");
        CommandLine.Succeed("plot", outside, "--disk", "--radius", "2", "--out", temp.At("ok.png"));
        CommandLine.Succeed("plot", outside, "--disk", "--coordinates", "spatial", "--out", temp.At("ok.png"));
        CommandLine.RefuseInput(["plot", good, "--disk", "--coordinates", "polar", "--out", picture], "--coordinates 'polar'", "disk, spatial, tangent");
        CommandLine.RefuseInput(["plot", temp.Put("word.csv", "a,0.1,0\nb,x,0\n"), "--disk", "--out", picture], "line 2: 'x' is no finite number");
        CommandLine.RefuseInput(["plot", good, "--disk", "--edges", temp.Put("e.csv", "a,c\n"), "--out", picture], "node 'c' is none of the 2 points");
        string numbered = temp.Put("numbered.csv", "node,p1,p2\n0,0.1,0\n1,0.4,0.7\n");
        CommandLine.RefuseInput(["plot", numbered, "--disk", "--edges", "graph:" + temp.Put("g.csv", "0,1\n1,2\n"), "--out", picture], "g.csv: node '2' is none of the 2 points");
        CommandLine.RefuseInput(["plot", numbered, "--disk", "--edges", "graph:" + temp.Put("self.csv", "1,1\n"), "--out", picture], "self.csv: line 1 joins node 1 to itself");
        CommandLine.RefuseInput(["plot", good, "--disk", "--edges", temp.Put("cycle.csv", "a,b\nb,a\n"), "--out", picture], "cycle");
        CommandLine.RefuseInput(["plot", temp.Put("twice.csv", "a,0.1,0\na,0.2,0\n"), "--disk", "--edges", temp.Put("e2.csv", "a,b\n"), "--out", picture], "name 'a' twice");
        CommandLine.RefuseInput(["plot", good, "--disk", "--labels", "c", "--out", picture], "--labels: 'c' is none of the 2 points");
        CommandLine.RefuseInput(["plot", good, "--disk", "--labels", "-3", "--out", picture], "--labels '-3'");
        CommandLine.RefuseInput(["plot", good, "--disk", "--centre", "c", "--out", picture], "--centre 'c'");
        CommandLine.RefuseInput(["plot", good, "--labels", "3", "--out", picture], "--labels belongs to --disk");
        CommandLine.RefuseInput(["plot", good, "--disk", "--json", "--out", picture], "neither --bounds nor --json");
        Assert.False(File.Exists(picture));
    }

    [Fact]
    public void AModelOfTangentCoordinatesIsDrawnAsADensityOfTheDisk()
    {
        using TempFolder temp = new();
        CommandLine.Succeed("train", "--data", "toy:two-moons:2000", "--model", "linear", "--epochs", "2", "--out", temp.At("run"));
        string model = Path.Combine(temp.At("run"), "model.safetensors");
        string line = CommandLine.Succeed("plot", model, "--disk", "--radius", "1.5", "--count", "100", "--size", "200", "--out", temp.At("d.png"));
        Assert.Contains("density per hyperbolic area of radius 1.5", line, StringComparison.Ordinal);
        Assert.True(File.Exists(temp.At("d.png")));
        CommandLine.RefuseInput(["plot", model, "--disk", "--labels", "3", "--out", temp.At("e.png")], "belong to a table of points");
    }

    [Fact]
    public void AModelIsDrawnBesideItsTargetToTheSameColours()
    {
        using TempFolder temp = new();
        string first = Model("float", "1"), second = Model("double", "7");
        // The lightest colour is the target's, whatever the model.
        string line = Draw(first, temp.At("first.png"), "toy:hyperbolic-gaussian"), other = Draw(second, temp.At("second.png"), "hyperbolic-gaussian");
        Assert.Contains("on the left that of toy:hyperbolic-gaussian", line, StringComparison.Ordinal);
        Assert.Equal(Lightest(line), Lightest(other));
        Assert.NotEqual(Lightest(line), Lightest(CommandLine.Succeed("plot", first, "--disk", "--size", "200", "--out", temp.At("alone.png"))));
        (int width, int height, _, byte[] a) = OutputTests.ReadPng(temp.At("first.png"));
        byte[] b = OutputTests.ReadPng(temp.At("second.png")).Pixels;
        (int half, int high, _, byte[] alone) = OutputTests.ReadPng(temp.At("alone.png"));
        Assert.Equal((2 * half, high), (width, height));
        int Differing(byte[] x, byte[] y, int fromX, int fromY, int widthY)
            => Enumerable.Range(0, half * height).Count(i => !x.AsSpan(3 * (i / half * width + fromX + i % half), 3).SequenceEqual(y.AsSpan(3 * (i / half * widthY + fromY + i % half), 3)));
        Assert.Equal(0, Differing(a, b, 0, 0, width));
        Assert.True(Differing(a, b, half, half, width) > 1000);
        // The model's own disk in other colours than when it stands alone.
        Assert.True(Differing(a, alone, half, 0, half) > 1000);
        Draw(first, temp.At("pair.svg"), "toy:hyperbolic-gaussian");
        XElement svg = XElement.Load(temp.At("pair.svg"));
        Assert.Equal((2 * half).ToString(System.Globalization.CultureInfo.InvariantCulture), svg.Attribute("width")!.Value);
        Assert.Equal(2, svg.Descendants().Count(e => e.Name.LocalName == "image"));

        string picture = temp.At("no.png");
        CommandLine.RefuseInput(["plot", first, "--disk", "--target", "toy:nothing", "--out", picture], "nothing", "hyperbolic-gaussian");
        CommandLine.RefuseInput(["plot", temp.Put("p.csv", "a,0.1,0\n"), "--disk", "--target", "toy:two-moons", "--out", picture], "--target belongs to a model");
        CommandLine.RefuseInput(["plot", first, "--target", "toy:two-moons", "--out", picture], "--target belongs to --disk");
        CommandLine.Succeed("train", "--data", CommandLine.PutRows(temp, "rows.csv", 100, 3), "--model", "linear", "--epochs", "1", "--out", temp.At("three"));
        CommandLine.RefuseInput(["plot", Path.Combine(temp.At("three"), "model.safetensors"), "--disk", "--target", "toy:two-moons", "--out", picture], "has 3 features");
        Assert.False(File.Exists(picture));

        string Model(string dtype, string epochs)
        {
            CommandLine.Succeed("train", "--data", "toy:hyperbolic-gaussian:1000", "--model", "linear", "--dtype", dtype, "--epochs", epochs, "--out", temp.At(dtype));
            return Path.Combine(temp.At(dtype), "model.safetensors");
        }

        static string Draw(string model, string path, string target) => CommandLine.Succeed("plot", model, "--disk", "--target", target, "--size", "200", "--out", path);

        static string Lightest(string line) => line[line.IndexOf("(lightest", StringComparison.Ordinal)..(line.IndexOf(')', StringComparison.Ordinal) + 1)];
    }

    [InterruptFact]
    public void CtrlCSavesWhatWasReached()
    {
        using TempFolder temp = new();
        using System.Diagnostics.Process process = CommandLine.Start("embed", "--data", Tree(temp), "--epochs", "100000000", "--out", temp.At("a"));
        CommandLine.WaitFor(() => Directory.Exists(temp.At("a")), process);
        CommandLine.Signal(process, 2);
        Assert.True(process.WaitForExit(60_000));
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(32, File.ReadAllLines(Path.Combine(temp.At("a"), "points.csv")).Length);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(temp.At("a"), "summary.json")));
        Assert.InRange(summary.RootElement.GetProperty("epochs").GetInt32(), 0, 99_999_999);
    }

    // A binary tree of 31 nodes with all ancestors, named as WordNet names.
    private static string Tree(TempFolder temp)
    {
        var lines = new List<string> { "id1,id2,weight" };
        for (int node = 2; node < 32; node++)
            for (int up = node / 2; up >= 1; up /= 2) lines.Add($"n{node}.n.01,n{up}.n.01,1");
        return temp.Put("tree.csv", string.Join('\n', lines) + "\n");
    }
}
