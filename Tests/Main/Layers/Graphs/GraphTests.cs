using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class GraphTests
{
    [Fact]
    public void RowsAreSortedAndSymmetric()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            Graph graph = SmallGraphs.Random(17, 60, seed);
            bool[,] dense = SmallGraphs.Dense(graph);
            int edges = 0;
            for (int u = 0; u < graph.Nodes; u++)
            {
                int[] expected = [.. Enumerable.Range(0, graph.Nodes).Where(v => dense[u, v])];
                Assert.Equal(expected, graph.Neighbours(u).ToArray());
                Assert.Equal(expected.Length, graph.Degree(u));
                for (int v = 0; v < graph.Nodes; v++) Assert.Equal(dense[u, v], graph.HasEdge(u, v));
                edges += expected.Length;
            }

            Assert.Equal(edges, 2 * graph.Edges.Length);
        }
    }

    [Fact]
    public void RefusesWhatIsNoGraph()
    {
        Assert.Throws<ArgumentException>(() => SmallGraphs.Of(3, (1, 1)));
        Assert.Throws<ArgumentException>(() => SmallGraphs.Of(3, (1, 3)));
        Assert.Throws<ArgumentException>(() => SmallGraphs.Of(3, (-1, 2)));
        Assert.Throws<ArgumentException>(() => SmallGraphs.Of(0));
        Assert.Single(SmallGraphs.Of(3, (1, 2), (2, 1), (1, 2)).Edges.ToArray());
    }

    [Fact]
    public void ComponentsAreNumberedByTheirSmallestNode()
    {
        var component = new int[7];
        Assert.Equal(4, SmallGraphs.Of(7, (0, 5), (1, 3), (3, 6)).Components(component));
        Assert.Equal([0, 1, 2, 1, 3, 0, 1], component);
    }

    [Fact]
    public void NormalizedAdjacencyIsTheDenseFormula()
    {
        Graph graph = SmallGraphs.Random(13, 50, 4);
        bool[,] dense = SmallGraphs.Dense(graph);
        var matrix = new NormalizedAdjacency(graph);
        Assert.Equal(13, matrix.Nodes);
        var product = new double[13, 13];
        for (int u = 0; u < 13; u++)
        {
            ReadOnlySpan<int> columns = matrix.Columns[matrix.Starts[u]..matrix.Starts[u + 1]];
            for (int k = 1; k < columns.Length; k++) Assert.True(columns[k - 1] < columns[k]);
            for (int k = 0; k < columns.Length; k++) product[u, columns[k]] = matrix.Values[matrix.Starts[u] + k];
        }

        for (int u = 0; u < 13; u++)
            for (int v = 0; v < 13; v++)
                Assert.Equal(u == v || dense[u, v] ? 1 / Math.Sqrt((graph.Degree(u) + 1) * (graph.Degree(v) + 1)) : 0, product[u, v], 15);

        var eigenvalues = new double[13];
        var square = new double[169];
        for (int i = 0; i < 169; i++) square[i] = product[i / 13, i % 13];
        SymmetricEigenvalues.Compute<double>(square, 13, eigenvalues);
        Assert.Equal(1, eigenvalues[^1], 13);
        Assert.True(eigenvalues[0] > -1);
    }
}
