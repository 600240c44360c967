using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TapeTests : IDisposable
{
    private readonly ReferenceBackend<double> _backend = new();
    private readonly ParameterStore<double> _store;
    private readonly Var _w;
    private readonly Var _b;
    private readonly Tape<double> _tape;

    public TapeTests()
    {
        _store = new ParameterStore<double>(_backend);
        _w = _store.AddParameter("layer.weight", 3, 2, [0.1, -0.2, 0.3, 0.4, -0.5, 0.6]);
        _b = _store.AddParameter("layer.bias", 1, 3, [0.01, 0.02, 0.03]);
        _store.Build();
        _tape = new Tape<double>(_backend, _store);
    }

    public void Dispose()
    {
        _tape.Dispose();
        _store.Dispose();
        Assert.Equal(0, _backend.AllocatedElements);
        _backend.Dispose();
    }

    [Fact]
    public void PrintShowsEveryNodeWithNamesAndShapes()
    {
        RecordNetwork();
        string[] lines = _tape.Print().TrimEnd('\n').Split('\n');
        Assert.Equal(_tape.Count, lines.Length);
        Assert.Contains("matmul", lines[0]);
        Assert.Contains("layer.weight[3x2]", lines[0]);
        Assert.Contains("[4x3]", lines[0]);
        Assert.Contains("layer.bias[1x3]", lines[1]);
        Assert.Contains("tanh", lines[2]);
        Assert.Contains("first", lines[2]);
        Assert.DoesNotContain("(constant)", lines[2]);
        _tape.Scale(_tape.Constant(1), 2);
        Assert.Contains("(constant)", _tape.Print());
    }

    [Fact]
    public void ToDotHasOneBoxANodeAndOneArrowAnInput()
    {
        RecordNetwork();
        string dot = _tape.ToDot();
        Assert.StartsWith("digraph tape {", dot);
        Assert.Contains("n0 -> n1;", dot);
        Assert.Contains("\"layer.weight[3x2]\" -> n0;", dot);
        int inputs = 0;
        foreach (Node<double> n in _tape.Nodes) inputs += n.InputCount;
        Assert.Equal(inputs, dot.Split("->").Length - 1);
        Assert.Equal(_tape.Count, dot.Split("[label=").Length - 1);
    }

    [Fact]
    public void ExplainNamesFormulaReadsAndPage()
    {
        RecordNetwork();
        string text = _tape.Explain(0);
        Assert.Contains("op(a) op(b)", text);
        Assert.Contains("Inputs", text);
        Assert.Contains("docs/ops/matmul.md", text);
    }

    [Fact]
    public void StepBackwardWalksOneNodeAtATime()
    {
        (_, Var hidden, Var loss) = RecordNetwork();
        _tape.BeginBackward(loss, [1.0]);
        var order = new List<int>();
        var g = new double[hidden.Length];
        for (int i = _tape.StepBackward(); i >= 0; i = _tape.StepBackward())
        {
            order.Add(i);
            if (i == 3)
            {
                _tape.ReadGrad(hidden, g);
                Assert.All(g, v => Assert.Equal(1.0 / g.Length, v, 1e-15));
                Assert.All(_store.ReadGradient(_w), v => Assert.Equal(0, v));
            }
        }
        Assert.Equal([3, 2, 1, 0], order);
        Assert.Contains(_store.ReadGradient(_w), v => v != 0);
        Assert.Equal(-1, _tape.StepBackward());
    }

    [Fact]
    public void GradientsStartFromZeroUnlessAccumulated()
    {
        (_, _, Var loss) = RecordNetwork();
        _tape.Backward(loss);
        double[] once = _store.ReadGradient(_w);
        _tape.Backward(loss);
        Assert.Equal(once, _store.ReadGradient(_w));
        _tape.Backward(loss, accumulate: true);
        Assert.Equal([.. once.Select(v => 2 * v)], _store.ReadGradient(_w));
    }

    [Fact]
    public void MarksNest()
    {
        Var x = _tape.Input([1, 2, 3, 4], 2, 2, needsGrad: true);
        Var y = _tape.Scale(x, 2);
        TapeMark outer = _tape.Mark();
        Var a = _tape.Scale(y, 3);
        TapeMark inner = _tape.Mark();
        _tape.Sum(_tape.Add(a, y));
        _tape.Release(inner);
        Assert.Equal(2, _tape.Count);
        Assert.Equal(inner, _tape.Mark());
        Var again = _tape.Scale(a, 5);
        Assert.Equal(2 * 3 * 5 * 4.0, Read(again)[3]);
        Assert.Equal([6, 12, 18, 24], Read(a));
        _tape.Release(outer);
        Assert.Equal(1, _tape.Count);
        Assert.Equal(outer, _tape.Mark());
        Assert.Equal([2, 4, 6, 8], Read(y));
        Assert.Throws<ArgumentException>(() => _tape.Release(inner));
    }

    [Fact]
    public void ReleaseComesBackOverChunks()
    {
        using var tape = new Tape<double>(_backend, capacity: 16);
        Var x = tape.Input(new double[10], 2, 5);
        TapeMark mark = tape.Mark();
        for (int round = 0; round < 3; round++)
        {
            Var y = x;
            for (int i = 0; i < 20; i++) y = tape.AddConstant(y, 1);
            Assert.Equal(20, tape.Scalar(tape.Mean(y)));
            tape.Release(mark);
        }
        int growths = tape.Growths;
        Assert.True(growths > 0);
        Assert.Equal(0, tape.Count);
        for (int i = 0; i < 20; i++) x = tape.AddConstant(x, 1);
        Assert.Equal(growths, tape.Growths);
    }

    [Fact]
    public void BackwardSpansChunks()
    {
        using var tape = new Tape<double>(_backend, capacity: 16);
        Var x = tape.Input([.. Enumerable.Range(0, 30).Select(i => i / 10.0)], 5, 6, needsGrad: true);
        Var y = x;
        for (int i = 0; i < 10; i++) y = tape.Scale(y, 1.5);
        tape.Backward(tape.Sum(y));
        var g = new double[30];
        tape.ReadGrad(x, g);
        Assert.All(g, v => Assert.Equal(Math.Pow(1.5, 10), v, 1e-10));
        Assert.True(tape.Growths > 0);
    }

    [Fact]
    public void ReshapeSharesValueAndGradient()
    {
        Var x = _tape.Input([1, 2, 3, 4, 5, 6], 2, 3, needsGrad: true);
        Var y = _tape.SumColumns(x.Reshape(3, 2));
        Assert.Equal([3, 7, 11], Read(y));
        _tape.Backward(y, [1, 10, 100]);
        var g = new double[6];
        _tape.ReadGrad(x, g);
        Assert.Equal([1, 1, 10, 10, 100, 100], g);
        Assert.Throws<ArgumentException>(() => x.Reshape(4, 2));
    }

    [Fact]
    public void DetachStopsTheGradient()
    {
        Var x = _tape.Input([1, 2], 1, 2, needsGrad: true);
        _tape.Backward(_tape.Sum(_tape.Multiply(x, x.Detach())));
        var g = new double[2];
        _tape.ReadGrad(x, g);
        Assert.Equal([1, 2], g);
    }

    [Fact]
    public void WithoutGradientsNothingFlows()
    {
        _tape.RecordsGradients = false;
        (_, _, Var loss) = RecordNetwork();
        Assert.False(loss.NeedsGrad);
        Assert.Throws<InvalidOperationException>(() => _tape.Backward(loss));
    }

    [Fact]
    public void BackwardRefusesWhatIsNoLoss()
    {
        (_, Var hidden, _) = RecordNetwork();
        Assert.Contains("4x3", Assert.Throws<ArgumentException>(() => _tape.Backward(hidden)).Message);
        Assert.Contains("2 numbers", Assert.Throws<ArgumentException>(() => _tape.Backward(hidden, [1.0, 2.0])).Message);
    }

    [Fact]
    public void FindNonFiniteNamesTheFirstNode()
    {
        (_, Var hidden, _) = RecordNetwork();
        Assert.Null(_tape.FindNonFinite());
        _tape.Scope = "second";
        Var broken = _tape.Log(_tape.AddConstant(hidden, -5));
        _tape.Sum(broken);
        string? found = _tape.FindNonFinite();
        Assert.NotNull(found);
        Assert.Contains("node 5 (log, 4x3)", found);
        Assert.Contains("second", found);
    }

    [Fact]
    public void RefusedOpLeavesNoNode()
    {
        RecordNetwork();
        int count = _tape.Count;
        Var index = _tape.Input([7.0], 1, 1);
        Assert.Throws<ArgumentException>(() => _tape.GatherRows(_w, index));
        Assert.Equal(count, _tape.Count);
        Assert.Equal(4, RecordNetworkAgain());
    }

    private int RecordNetworkAgain()
    {
        int before = _tape.Count;
        RecordNetwork();
        return _tape.Count - before;
    }

    private (Var X, Var Hidden, Var Loss) RecordNetwork()
    {
        _tape.Scope = "first";
        Var x = _tape.Input([1, 2, 3, 4, 5, 6, 7, 8], 4, 2);
        Var hidden = _tape.Tanh(_tape.Add(_tape.MatMul(x, _w, transposeB: true), _b));
        return (x, hidden, _tape.Mean(hidden));
    }

    private double[] Read(Var v)
    {
        var values = new double[v.Length];
        _tape.Read(v, values);
        return values;
    }
}
