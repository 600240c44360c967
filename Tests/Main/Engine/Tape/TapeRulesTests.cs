using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TapeRulesTests : IDisposable
{
    private readonly ReferenceBackend<double> _backend = new();
    private readonly Tape<double> _tape;

    public TapeRulesTests() => _tape = new Tape<double>(_backend);

    public void Dispose()
    {
        _tape.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void RightGraphsPass()
    {
        Var x = _tape.Input([1, 2, 3, 4], 2, 2, needsGrad: true);
        Var y = _tape.Multiply(_tape.Tanh(x), x.Reshape(2, 2));
        _tape.Sum(_tape.SumColumns(y));
        TapeRules.Check(_tape);
    }

    [Fact]
    public void ParameterThatIsNotFinite()
    {
        Var x = _tape.Input([1.0], 1, 1, needsGrad: true);
        Var y = _tape.Scale(x, double.NaN);
        Refuses("a parameter is not finite", "scale", () => _tape.Backward(y));
    }

    [Fact]
    public void EmptyOutput()
    {
        Var x = _tape.Input([], 0, 3, needsGrad: true);
        _tape.Scale(x, 1);
        Refuses("its output is empty", "Node 0", () => TapeRules.Check(_tape));
    }

    [Fact]
    public void InputRecordedLater()
    {
        // A handle kept over a reset names a place that is written again, later than its reader.
        _tape.Input([1.0], 1, 1, needsGrad: true);
        _tape.Constant(0, 1, 64);
        Var stale = _tape.Input([2.0], 1, 1, needsGrad: true);
        _tape.Reset();
        Var y = _tape.Scale(stale, 1);
        Refuses("input 0 is recorded later", "scale", () => _tape.Backward(y));
    }

    [Fact]
    public void OutputOverAnEarlierOne()
    {
        Var x = _tape.Input([1.0], 1, 1, needsGrad: true);
        Var a = _tape.Scale(x, 1);
        Var b = _tape.Scale(a, 2);
        // No public road leads there; the rule guards the tape against itself.
        System.Runtime.CompilerServices.Unsafe.AsRef(in _tape.Node(1)).Out0 = a;
        Refuses("its output lies over an earlier node's", "Node 1", () => _tape.Backward(b));
    }

    private static void Refuses(string rule, string node, Action action)
    {
        string message = Assert.Throws<InvalidOperationException>(action).Message;
        Assert.Contains(rule, message);
        Assert.Contains(node, message);
    }
}
