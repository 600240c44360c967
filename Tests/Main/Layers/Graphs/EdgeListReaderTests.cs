using System.Text;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class EdgeListReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0,1\n1,2\n3,1\n", 0)]
    [InlineData("u,v\n0,1\n1,2\n3,1\n", 0)]
    [InlineData("# a tree\r\n\"source\";\"target\"\r\n0;1\r\n2;1\r\n1;3\r\n\r\n", 0)]
    [InlineData("id1,id2,weight\n0,1,1\n1,2,0.5\n3,1,x\n", 0)]
    [InlineData("0 1\n1 0\n1 2\n0 1\n3 1\n", 2)]
    public void Dialects(string text, int duplicates)
    {
        foreach (string path in new[] { _folder.Put("tree.csv", text), _folder.PutGzip("tree.csv.gz", Encoding.UTF8.GetBytes(text)) })
        {
            GraphData data = EdgeListReader.Read(path);
            Assert.Equal(("tree", 4, duplicates), (data.Name, data.Graph.Nodes, data.Duplicates));
            Assert.Equal([new(0, 1), new(1, 2), new(1, 3)], data.Graph.Edges.ToArray());
            Assert.Null(data.Features);
        }
    }

    [Fact]
    public void NodesComeFromTheOptionOrTheFeatures()
    {
        string edges = _folder.Put("e.csv", "0,1\n1,2\n"), features = _folder.Put("f.csv", "1,2\n3,4\n5,6\n7,8\n9,10\n");
        Assert.Equal(3, EdgeListReader.Read(edges).Graph.Nodes);
        Assert.Equal(7, EdgeListReader.Read(edges, nodes: 7).Graph.Nodes);
        GraphData data = EdgeListReader.Read(edges, features);
        Assert.Equal((5, 2), (data.Graph.Nodes, data.Features!.Columns));
        TempFolder.AssertBadInput(() => EdgeListReader.Read(edges, features, 6), "f.csv", "5 rows", "6 nodes");
    }

    [Theory]
    [InlineData("0,1\n2,2\n", "line 2", "node 2 to itself")]
    [InlineData("0,1\n\n1,1.5\n", "line 3", "'1.5'")]
    [InlineData("0,1\n1,-2\n", "line 2", "'-2'")]
    [InlineData("0,1\na,b\n", "line 2", "'a'")]
    [InlineData("0,x\n", "line 1", "'x'")]
    [InlineData("0,1\n1,\n", "line 2", "empty cell")]
    [InlineData("0,1\n1,2,3\n", "line 2", "3 values")]
    [InlineData("0,1\n7\n", "line 2", "1 values")]
    [InlineData("0,99999999999\n", "line 1", "'99999999999'")]
    [InlineData("0,16777216\n", "line 1", "16777215")]
    [InlineData("a,b,c\n0,1,2\n", "line 1", "3 columns")]
    [InlineData("u,v\n", "no edge", "e.csv")]
    [InlineData("", "no edge", "e.csv")]
    [InlineData("0,1\n\"1,2\n", "line 2", "double quote")]
    public void BadLines(string text, string first, string second)
        => TempFolder.AssertBadInput(() => EdgeListReader.Read(_folder.Put("e.csv", text)), "e.csv", first, second);

    [Fact]
    public void UnknownNodes()
    {
        string edges = _folder.Put("e.csv", "0,1\n1,3\n"), features = _folder.Put("f.csv", "1\n2\n3\n");
        TempFolder.AssertBadInput(() => EdgeListReader.Read(edges, nodes: 3), "e.csv", "line 2", "node 3", "0 to 2");
        TempFolder.AssertBadInput(() => EdgeListReader.Read(edges, features), "e.csv", "line 2", "node 3", "3 rows");
        TempFolder.AssertBadInput(() => EdgeListReader.Read(_folder.At("none.csv")), "none.csv", "no such file");
    }

    [SharedDataFact]
    public void RealGraphs()
    {
        GraphData disease = EdgeListReader.Read(SharedData.At("graphs", "disease_lp.edges.csv"), SharedData.At("graphs", "disease_lp.features.csv.gz"));
        Assert.Equal((2665, 2664, 11, 0), (disease.Graph.Nodes, disease.Graph.Edges.Length, disease.Features!.Columns, disease.Duplicates));
        Assert.True(GraphShape.IsTree(disease.Graph));
        Graph csphd = EdgeListReader.Read(SharedData.At("graphs", "csphd.edges.csv")).Graph;
        Assert.Equal((1025, 1043), (csphd.Nodes, csphd.Edges.Length));
        Assert.Equal(1, csphd.Components(new int[csphd.Nodes]));
        Assert.False(GraphShape.IsTree(csphd));
        TempFolder.AssertBadInput(() => EdgeListReader.Read(SharedData.At("graphs", "wordnet_mammal_closure.csv")), "line 2", "black_squirrel");
    }
}
