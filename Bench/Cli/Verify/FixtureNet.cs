using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>A stored network (net.{i}.weight, net.{i}.bias, swish.beta) on a tape of its own, all of it with gradients: for what works on any network.</summary>
internal sealed class FixtureNet<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CaseRun<T> _run;
    private readonly List<(string Tensor, Var Value)> _parameters = [];
    private readonly List<Var> _weights = [];
    private readonly List<Var> _biases = [];
    private readonly Var _beta = Var.None;
    private readonly SmoothActivation _activation;

    public FixtureNet(CaseRun<T> run)
    {
        _run = run;
        Tape = new Tape<T>(run.Backend);
        (Rows, Cols) = run.Matrix("x");
        X = run.Load(Tape, "x", Rows, Cols, needsGrad: true);
        _activation = Activation(run, "activation");
        for (int i = 0; run.Has($"net.{i}.weight"); i++)
        {
            (int to, int from) = run.Matrix($"net.{i}.weight");
            _weights.Add(Parameter($"net.{i}.weight", to, from));
            _biases.Add(Parameter($"net.{i}.bias", 1, to));
        }
        if (_weights.Count == 0) throw new BadInputException($"{run.File.Path}: there is no tensor 'net.0.weight'; the file is damaged or of another kind.");
        if (run.Has("swish.beta")) _beta = Parameter("swish.beta", 1, 1);
    }

    public Tape<T> Tape { get; }

    public int Rows { get; }

    public int Cols { get; }

    public Var X { get; }

    public static SmoothActivation Activation(CaseRun<T> run, string key)
    {
        int index = SmoothActivations.Names.ToList().IndexOf(run.File.Text(key));
        return index >= 0 ? (SmoothActivation)index : throw new BadInputException($"{run.File.Path}: config '{key}' is {BadInputException.Quote(run.File.Text(key))}, expected one of {string.Join(", ", SmoothActivations.Names)}.");
    }

    public Var Record()
    {
        Var h = X;
        for (int i = 0; i < _weights.Count; i++)
        {
            if (i > 0) h = Tape.Activate(_activation, h, _beta);
            h = Tape.Add(Tape.MatMul(h, _weights[i], transposeB: true), _biases[i]);
        }
        return h;
    }

    /// <summary>Gradients of sum(ct value) against the stored ones under a prefix.</summary>
    public void CompareGradients(Var value, string prefix)
    {
        Tape.Backward(Tape.Sum(Tape.Multiply(_run.Load(Tape, "ct", Rows, 1), value)));
        _run.CompareGrad(prefix + "grad.x", Tape, X);
        foreach ((string tensor, Var v) in _parameters) _run.CompareGrad($"{prefix}grad.{tensor}", Tape, v);
    }

    public void Dispose() => Tape.Dispose();

    private Var Parameter(string tensor, int rows, int cols)
    {
        Var v = _run.Load(Tape, tensor, rows, cols, needsGrad: true);
        _parameters.Add((tensor, v));
        return v;
    }
}
