using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Edge lists with names, transitive reduction, and the embedding of hierarchies.</summary>
public sealed class HierarchyTests
{
    [Fact]
    public void NamesAndNumbersAreRead()
    {
        using TempFolder temp = new();
        NamedGraph named = NamedGraph.Read(temp.Put("a.csv", "id1,id2,weight\ncat,mammal,1\ndog,mammal,1\ncat,mammal,1\n"));
        Assert.Equal(["cat", "mammal", "dog"], named.Nodes);
        Assert.Equal([(0, 1), (2, 1)], named.Edges);
        Assert.Equal(1, named.Repeated);
        Assert.Equal("a", named.Name);
        // No known titles: an edge like the others.
        Assert.Equal(["cat", "animal"], NamedGraph.Read(temp.Put("b.tsv", "cat\tanimal\n")).Nodes);
        NamedGraph numbers = NamedGraph.Of(EdgeListReader.Read(temp.Put("c.csv", "u,v\n0,1\n3,1\n1,0\n")));
        Assert.Equal(["0", "1", "2", "3"], numbers.Nodes);
        Assert.Equal([(0, 1), (1, 3)], numbers.Edges);
        Assert.Equal(("c", 1), (numbers.Name, numbers.Repeated));
    }

    [Theory]
    [InlineData("cat,mammal\ndog,dog\n", "line 2 is a self-loop of node 'dog'")]
    [InlineData("cat,mammal\ndog\n", "line 2 has 1 values, expected 2")]
    [InlineData("cat,mammal,many\n", "line 1: the weight 'many' is not a number")]
    [InlineData("cat,\n", "line 1 lacks the name of a node")]
    [InlineData("cat\n", "has 1 columns")]
    [InlineData("id1,id2\n", "holds no edges")]
    [InlineData("", "holds no rows")]
    [InlineData("cat,mammal\n\ndog,mammal\n", "line 2 is empty")]
    [InlineData("cat,\"mam\"mal\n", "line 1 has a double quote")]
    public void BadEdgeListsAreRefusedInOneLine(string text, string fragment)
    {
        using TempFolder temp = new();
        string message = Assert.Throws<BadInputException>(() => NamedGraph.Read(temp.Put("a.csv", text))).Message;
        Assert.Contains(fragment, message, StringComparison.Ordinal);
        Assert.StartsWith(temp.At("a.csv"), message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheReductionOfAClosureIsTheTree()
    {
        // Every node of a binary tree below 1, with all of its ancestors; and one node with two parents.
        using TempFolder temp = new();
        var lines = new List<string>();
        for (int node = 2; node < 64; node++)
            for (int up = node / 2; up >= 1; up /= 2) lines.Add($"{node},{up}");
        lines.AddRange(["99,32", "99,63", "99,1", "99,2", "99,4", "99,8", "99,16", "99,3", "99,7", "99,15", "99,31"]);
        NamedGraph graph = NamedGraph.Read(temp.Put("tree.csv", string.Join('\n', lines)));
        var hierarchy = new Hierarchy(graph);
        string[] edges = [.. hierarchy.Edges.Select(e => $"{graph.Nodes[e.Child]},{graph.Nodes[e.Parent]}").Order(StringComparer.Ordinal)];
        string[] expected = [.. Enumerable.Range(2, 62).Select(node => $"{node},{node / 2}").Append("99,32").Append("99,63").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, edges);
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            int node = int.Parse(graph.Nodes[i], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(node == 99 ? 6 : int.Log2(node), hierarchy.Depths[i]);
        }

        string message = Assert.Throws<BadInputException>(() => new Hierarchy(NamedGraph.Read(temp.Put("cycle.csv", "a,b\nb,c\nc,a\na,d\n")))).Message;
        Assert.Equal("cycle: node 'a' lies on or below a cycle of edges; expected a hierarchy of (child, ancestor) without cycles; remove the cycle.", message);
    }

    [Fact]
    public void ScoresCountWhatLiesBetween()
    {
        // On a line: 0 at 0, 1 at 1, 2 at 2, 3 at 3. Related: 0 to 2 (node 1 between: rank 2) and 0 to 3 (still one unrelated before: rank 2), 3 to 2 (rank 1).
        double[] points = [0, 0, Math.Sinh(1), 0, Math.Sinh(2), 0, Math.Sinh(3), 0];
        EmbeddingScore score = EmbeddingScore.Of(points, 2, 1, [(0, 2), (0, 3), (3, 2)]);
        Assert.Equal((2 + 2 + 1) / 3.0, score.MeanRank, 1e-12);
        Assert.Equal(((1 / 2.0 + 2 / 3.0) / 2 + 1) / 2, score.MeanAveragePrecision, 1e-12);
        // All in one place: ties count against.
        Assert.Equal(3, EmbeddingScore.Of(new double[8], 2, 1, [(0, 1)]).MeanRank);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    public void ATreeIsReconstructed(double radius, int dimension)
    {
        (int, int)[] edges = [.. Enumerable.Range(2, 62).SelectMany(node => Ancestors(node).Select(up => (node - 1, up - 1)))];
        HierarchyEmbedding Train(ulong seed)
        {
            var embedding = new HierarchyEmbedding(63, edges, new EmbeddingOptions { Dimension = dimension, Radius = radius, Negatives = 20, LearningRate = 0.3, BurnIn = 20, Seed = seed });
            double first = embedding.Epoch(), last = first;
            for (int epoch = 1; epoch < 120; epoch++) last = embedding.Epoch();
            // At the start all distances are alike: log of the number of candidates.
            Assert.Equal(Math.Log(21), first, 0.1);
            Assert.InRange(last, 0, 0.5 * first);
            return embedding;
        }

        HierarchyEmbedding a = Train(5);
        EmbeddingScore score = a.Score();
        Assert.InRange(score.MeanAveragePrecision, 0.9, 1);
        Assert.InRange(score.MeanRank, 1, 1.5);
        Assert.True(a.Points.SequenceEqual(Train(5).Points));
        Assert.False(a.Points.SequenceEqual(Train(6).Points));
        // The root has come to lie nearest to the middle of the tree: nearer to the origin than the leaves are.
        double root = HyperbolicPoints.Time(a.Points[..dimension], radius);
        for (int leaf = 31; leaf < 63; leaf++) Assert.True(HyperbolicPoints.Time(a.Points.Slice(leaf * dimension, dimension), radius) > root);
    }

    [Fact]
    public void GradientsAreThoseOfTheLoss()
    {
        // Two nodes and no unrelated ones: the loss is 0 whatever the distance, and so is its gradient. With a third node: related and unrelated at
        // distances d and e weigh 1 - p and p of the softmax, so that the step's length at the child is known.
        var still = new HierarchyEmbedding(2, [(0, 1)], new EmbeddingOptions { Negatives = 3, Batch = 1, BurnIn = 0 });
        double[] start = [.. still.Points];
        Assert.Equal(0, still.Epoch());
        HyperbolicPointsTests.Near(start, still.Points, 1e-15);

        const double Rate = 1e-6;
        HierarchyEmbedding embedding;
        double[] x;
        double loss;
        ulong seed = 0;
        do
        {
            // Two candidates may both be the child or its relation; then there is no unrelated node, and no loss.
            embedding = new HierarchyEmbedding(3, [(0, 1)], new EmbeddingOptions { Negatives = 1, Batch = 1, BurnIn = 0, LearningRate = Rate, Seed = seed++ });
            x = [.. embedding.Points];
            loss = embedding.Epoch();
        }
        while (loss == 0);
        Assert.Equal(LossAt(x), loss, 1e-14);
        // Each point has moved against the derivative of the loss by its own motion.
        for (int node = 0; node < 3; node++)
            for (int axis = 0; axis < 2; axis++)
            {
                double[] forth = [.. x], back = [.. x], step = [0, 0], moved = new double[2];
                step[axis] = 1e-8;
                HyperbolicPoints.Exp(x.AsSpan(2 * node, 2), step, 1, forth.AsSpan(2 * node, 2));
                step[axis] = -1e-8;
                HyperbolicPoints.Exp(x.AsSpan(2 * node, 2), step, 1, back.AsSpan(2 * node, 2));
                HyperbolicPoints.Log(x.AsSpan(2 * node, 2), embedding.Points.Slice(2 * node, 2), 1, moved);
                Assert.Equal((LossAt(forth) - LossAt(back)) / 2e-8, -moved[axis] / Rate, 1e-4);
            }

        static double LossAt(double[] x)
        {
            double d = HyperbolicPoints.Distance(x.AsSpan(0, 2), x.AsSpan(2, 2), 1), e = HyperbolicPoints.Distance(x.AsSpan(0, 2), x.AsSpan(4, 2), 1);
            return Math.Log(1 + Math.Exp(d - e));
        }
    }

    [Fact]
    public void BadSettingsAreRefused()
    {
        Assert.Contains("dimension of an embedding is 1", Refused(new EmbeddingOptions { Dimension = 1 }), StringComparison.Ordinal);
        Assert.Contains("0 negatives", Refused(new EmbeddingOptions { Negatives = 0 }), StringComparison.Ordinal);
        Assert.Contains("learning rate of an embedding is NaN", Refused(new EmbeddingOptions { LearningRate = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("(0, 2)", Assert.Throws<BadInputException>(() => new HierarchyEmbedding(2, [(0, 2)], new EmbeddingOptions())).Message, StringComparison.Ordinal);
        using var source = new CancellationTokenSource();
        source.Cancel();
        var embedding = new HierarchyEmbedding(2, [(0, 1)], new EmbeddingOptions());
        Assert.Throws<OperationCanceledException>(() => embedding.Epoch(source.Token));
        Assert.Equal(0, embedding.Epochs);

        static string Refused(EmbeddingOptions options) => Assert.Throws<BadInputException>(() => new HierarchyEmbedding(2, [(0, 1)], options)).Message;
    }

    private static IEnumerable<int> Ancestors(int node)
    {
        for (int up = node / 2; up >= 1; up /= 2) yield return up;
    }
}
