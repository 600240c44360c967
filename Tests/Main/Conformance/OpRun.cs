using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>A case on a tape of its own, with inputs as plain arrays: value, vjp and jvp.</summary>
public sealed class OpRun<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly OpCase<T> _case;
    private readonly IBackend<T> _backend;
    private readonly Var[] _inputs;
    private readonly T[][] _values;

    public OpRun(OpCase<T> opCase, IBackend<T> backend, double[][] values)
    {
        _case = opCase;
        _backend = backend;
        Tape = new Tape<T>(backend);
        _inputs = new Var[values.Length];
        _values = new T[values.Length][];
        for (int k = 0; k < values.Length; k++) _values[k] = new T[values[k].Length];
        Set(values);
    }

    public Tape<T> Tape { get; }

    public Var[] Inputs => _inputs;

    public Var Output { get; private set; }

    public void Set(double[][] values)
    {
        for (int k = 0; k < values.Length; k++)
            for (int i = 0; i < values[k].Length; i++) _values[k][i] = T.CreateTruncating(values[k][i]);
    }

    /// <summary>Records anew; input <paramref name="without"/> wants no gradient.</summary>
    public void Record(int without = -1)
    {
        Tape.Reset();
        for (int k = 0; k < _inputs.Length; k++)
            _inputs[k] = Tape.Input(_values[k], _case.Inputs[k].Rows, _case.Inputs[k].Cols, _case.Inputs[k].Differentiable && k != without);
        Output = _case.Record(Tape, _inputs);
    }

    public double[] Value(double[][] values)
    {
        Set(values);
        Record();
        return Get(Tape.ValueOf(Output));
    }

    /// <summary>J^T seed, for every input; null where none is wanted.</summary>
    public double[]?[] Vjp(double[] seed, int without = -1)
    {
        Record(without);
        Tape.Backward(Output, Of(seed));
        return Gradients();
    }

    public double[]?[] Gradients()
    {
        var result = new double[]?[_inputs.Length];
        for (int k = 0; k < _inputs.Length; k++) result[k] = _inputs[k].NeedsGrad ? Get(Tape.GradOf(_inputs[k])) : null;
        return result;
    }

    /// <summary>J u, with a direction for every input (ignored for constants).</summary>
    public double[] Jvp(double[][] u)
    {
        Record();
        Tape.ClearTangents();
        for (int k = 0; k < _inputs.Length; k++)
            if (_case.Inputs[k].Differentiable) _backend.Write(Of(u[k]), Tape.TangentOf(_inputs[k]));
        Tape.PushForward();
        return Get(Tape.TangentOf(Output));
    }

    public double[] Get(Slice s)
    {
        var values = new T[s.Length];
        _backend.Read(s, values);
        return Array.ConvertAll(values, double.CreateTruncating);
    }

    public static T[] Of(double[] x) => Array.ConvertAll(x, T.CreateTruncating);

    public void Dispose() => Tape.Dispose();
}
