using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class GraphShapeTests
{
    [Fact]
    public void TreesAndLobsters()
    {
        Assert.True(GraphShape.IsTree(SmallGraphs.Path(6)));
        Assert.True(GraphShape.IsLobster(SmallGraphs.Path(6)));
        Assert.True(GraphShape.IsLobster(SmallGraphs.Path(1)));
        Assert.True(GraphShape.IsLobster(SmallGraphs.Path(2)));
        Assert.True(GraphShape.IsLobster(SmallGraphs.Star(5)));
        Assert.False(GraphShape.IsTree(SmallGraphs.Cycle(5)));
        Assert.False(GraphShape.IsLobster(SmallGraphs.Cycle(5)));
        // As many edges as a tree, in two parts.
        Assert.False(GraphShape.IsTree(SmallGraphs.Of(4, (0, 1), (1, 2), (2, 0))));
        // Three legs of length 3 at one node: after two rounds a star of three is left.
        Assert.True(GraphShape.IsLobster(SmallGraphs.Of(7, (0, 1), (1, 2), (0, 3), (3, 4), (0, 5), (5, 6))));
        Graph spider = SmallGraphs.Of(10, (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9));
        Assert.True(GraphShape.IsTree(spider));
        Assert.False(GraphShape.IsLobster(spider));
    }

    [Fact]
    public void LobstersByBruteForce()
    {
        int lobsters = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            Graph tree = RandomTree.Generate(16, seed);
            HashSet<int> left = [.. Enumerable.Range(0, tree.Nodes)];
            for (int round = 0; round < 2; round++)
                left.ExceptWith(left.Where(u => Among(tree, u, left) <= 1).ToArray());
            bool expected = left.All(u => Among(tree, u, left) <= 2);
            Assert.Equal(expected, GraphShape.IsLobster(tree));
            lobsters += expected ? 1 : 0;
        }

        Assert.InRange(lobsters, 30, 270);

        static int Among(Graph g, int node, HashSet<int> nodes) => g.Neighbours(node).ToArray().Count(nodes.Contains);
    }

    [Fact]
    public void TrianglesAndClusteringByBruteForce()
    {
        for (ulong seed = 0; seed < 30; seed++)
        {
            Graph graph = SmallGraphs.Random(14, 90, seed);
            bool[,] a = SmallGraphs.Dense(graph);
            int triangles = 0, paths = 0;
            double[] local = GraphShape.LocalClustering(graph);
            for (int u = 0; u < 14; u++)
            {
                int pairs = 0, closed = 0;
                for (int v = 0; v < 14; v++)
                    for (int w = 0; w < v; w++)
                    {
                        if (!a[u, v] || !a[u, w]) continue;
                        pairs++;
                        if (a[v, w]) closed++;
                        if (a[v, w] && u > v) triangles++;
                    }

                paths += pairs;
                Assert.Equal(pairs == 0 ? 0 : (double)closed / pairs, local[u], 14);
            }

            Assert.Equal(triangles, GraphShape.Triangles(graph));
            Assert.Equal(3.0 * triangles / paths, GraphShape.Transitivity(graph), 14);
        }

        Assert.Equal(10, GraphShape.Triangles(SmallGraphs.Complete(5)));
        Assert.Equal(1, GraphShape.Transitivity(SmallGraphs.Complete(5)));
        Assert.Equal(0, GraphShape.Transitivity(SmallGraphs.Path(2)));
    }

    [Fact]
    public void Degrees()
        => Assert.Equal(new DegreeStatistics(1, 1.6, 4, 1.44, 4), GraphShape.Degrees(SmallGraphs.Star(4)) is var d ? d with { Variance = Math.Round(d.Variance, 12) } : default);

    [Fact]
    public void OrbitsByBruteForce()
    {
        for (ulong seed = 0; seed < 12; seed++)
        {
            Graph graph = SmallGraphs.Random(10, 110, seed);
            Assert.Equal(BruteForceOrbits(graph), GraphOrbits.Of(graph));
        }
    }

    [Fact]
    public void OrbitsOfKnownGraphs()
    {
        long[] complete = GraphOrbits.Of(SmallGraphs.Complete(4));
        for (int u = 0; u < 4; u++) Assert.Equal([3, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], complete[(u * 15)..((u + 1) * 15)]);
        long[] star = GraphOrbits.Of(SmallGraphs.Star(5));
        Assert.Equal([5, 0, 10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0], star[..15]);
        Assert.Equal([1, 4, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0], star[15..30]);
        // A square with one diagonal, 0-1-2-3 and 0-2.
        long[] diamond = GraphOrbits.Of(SmallGraphs.Of(4, (0, 1), (1, 2), (2, 3), (3, 0), (0, 2)));
        Assert.Equal([3, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], diamond[..15]);
        Assert.Equal([2, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], diamond[15..30]);
    }

    // By name of the little graph: its degrees, and for each node of the set the orbit of its degree in it.
    private static long[] BruteForceOrbits(Graph graph)
    {
        var orbit = new Dictionary<string, int>
        {
            ["11/1"] = 0,
            ["112/1"] = 1,
            ["112/2"] = 2,
            ["222/2"] = 3,
            ["1122/1"] = 4,
            ["1122/2"] = 5,
            ["1113/1"] = 6,
            ["1113/3"] = 7,
            ["2222/2"] = 8,
            ["1223/1"] = 9,
            ["1223/2"] = 10,
            ["1223/3"] = 11,
            ["2233/2"] = 12,
            ["2233/3"] = 13,
            ["3333/3"] = 14,
        };
        var counts = new long[graph.Nodes * 15];
        for (int bits = 0; bits < 1 << graph.Nodes; bits++)
        {
            int[] set = [.. Enumerable.Range(0, graph.Nodes).Where(u => (bits >> u & 1) == 1)];
            if (set.Length is < 2 or > 4) continue;
            int[] degree = Array.ConvertAll(set, u => set.Count(v => graph.HasEdge(u, v)));
            string name = string.Concat(degree.Order());
            foreach ((int node, int d) in set.Zip(degree))
                if (orbit.TryGetValue($"{name}/{d}", out int o)) counts[(node * 15) + o]++;
        }

        return counts;
    }

    [Fact]
    public void SpectraOfKnownGraphs()
    {
        // Complete: 0, then n/(n - 1). Path of 3: 0, 1, 2. Star: 0, 1, ..., 1, 2. A lone node: 0.
        Assert.All(GraphDiscrepancy.LaplacianEigenvalues(SmallGraphs.Complete(5)).Zip([0, 1.25, 1.25, 1.25, 1.25]), p => Assert.Equal(p.Second, p.First, 13));
        Assert.All(GraphDiscrepancy.LaplacianEigenvalues(SmallGraphs.Path(3)).Zip([0, 1.0, 2]), p => Assert.Equal(p.Second, p.First, 13));
        Assert.All(GraphDiscrepancy.LaplacianEigenvalues(SmallGraphs.Star(4)).Zip([0, 1.0, 1, 1, 2]), p => Assert.Equal(p.Second, p.First, 13));
        Assert.All(GraphDiscrepancy.LaplacianEigenvalues(SmallGraphs.Of(3, (0, 1))).Zip([0, 0.0, 2]), p => Assert.Equal(p.Second, p.First, 13));
    }

    [Fact]
    public void DiscrepancyByHand()
    {
        // One histogram each, half of the mass apart: k = exp(-1/8), so 2 - 2 k.
        Assert.Equal(2 - (2 * Math.Exp(-0.125)), GraphDiscrepancy.Squared([[1.0]], [[0.5, 0.5]], 1), 14);
        // {a, b} against {a}: (1 + k)/2 + 1 - (1 + k).
        double k = Math.Exp(-0.5 / 0.01);
        Assert.Equal(((1 + k) / 2) + 1 - (1 + k), GraphDiscrepancy.Squared([[1.0], [0, 1.0]], [[1.0]], 0.1), 14);
        // Path of 3 (degrees 1, 2, 1) against a triangle (all 2): two thirds of the mass.
        Assert.Equal(2 - (2 * Math.Exp(-4 / 18.0)), GraphDiscrepancy.Degree([SmallGraphs.Path(3)], [SmallGraphs.Cycle(3)]), 14);
        Assert.Throws<ArgumentException>(() => GraphDiscrepancy.Squared([], [[1.0]], 1));
    }

    [Fact]
    public void DiscrepancyTellsFamiliesApart()
    {
        Graph[] trees = Draw(0), others = Draw(100), lobsters = [.. Enumerable.Range(0, 20).Select(i => RandomLobster.Generate(15, 0.7, 0.7, (ulong)i))];
        foreach (Func<IReadOnlyList<Graph>, IReadOnlyList<Graph>, double> distance in new[] { GraphDiscrepancy.Degree, GraphDiscrepancy.Spectrum, GraphDiscrepancy.Orbits })
        {
            Assert.Equal(0, distance(trees, trees), 12);
            Assert.True(distance(trees, lobsters) > 3 * distance(trees, others));
        }

        Assert.Equal(0, GraphDiscrepancy.Clustering(trees, lobsters), 12);
        Assert.True(GraphDiscrepancy.Clustering(trees, [SmallGraphs.Complete(5)]) > 1);

        static Graph[] Draw(int first) => [.. Enumerable.Range(first, 20).Select(i => RandomTree.Generate(40, (ulong)i))];
    }
}
