using System.Diagnostics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Something that can be recorded in training and in evaluation: a layer with what the flow behind it passes back, or a whole flow.</summary>
internal sealed class AuditSubject
{
    private readonly Flow<double> _flow;
    private readonly IBijector<double>? _layer;
    private readonly double[] _input, _passedBack, _context;
    private readonly int _rows, _first, _length;

    /// <summary>A layer of the flow, or the flow where <paramref name="layer"/> is below 0.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="input">What comes into it [rows x D].</param>
    /// <param name="passedBack">Exact gradient of the objective with respect to its output; unused for the flow.</param>
    /// <param name="context">Context, or empty.</param>
    public AuditSubject(Flow<double> flow, int layer, double[] input, double[] passedBack, double[] context)
    {
        (_flow, _input, _passedBack, _context, _rows) = (flow, input, passedBack, context, input.Length / flow.Dimension);
        _layer = layer < 0 ? null : flow.Transforms[layer];
        Name = layer < 0 ? "flow" : $"layers.{layer}";
        Entries = layer < 0 ? [.. flow.Store.Parameters] : [.. flow.Store.Parameters.Where(p => p.Name.StartsWith(Name + ".", StringComparison.Ordinal))];
        if (Entries.Count == 0) return;
        _first = Entries.Min(e => e.Var.Offset);
        _length = Entries.Max(e => e.Var.Offset + e.Var.Length) - _first;
    }

    public string Name { get; }

    public IBijector<double>? Layer => _layer;

    public int Rows => _rows;

    /// <summary>Row number <paramref name="row"/> of the input.</summary>
    public ReadOnlySpan<double> Row(int row) => _input.AsSpan(row * _flow.Dimension, _flow.Dimension);

    /// <summary>Its parameters.</summary>
    public IReadOnlyList<ParameterStore<double>.Entry> Entries { get; }

    /// <summary>Records it, and its objective: for a layer sum(passed back * output) - mean log-determinant, which has the gradient of the flow's.</summary>
    public (FlowStep Step, Var Objective, Var Input) Record(Tape<double> tape, FlowMode mode, ulong key, long step)
    {
        int d = _flow.Dimension;
        tape.Reset();
        Var context = _context.Length == 0 ? Var.None : tape.Input(_context, _rows, _flow.ContextWidth), x = tape.Input(_input, _rows, d, needsGrad: true);
        var c = new StepContext { Mode = mode, Key = key, Step = step, Context = context };
        if (_layer is null)
        {
            FlowStep all = _flow.Forward(tape, x, c);
            return (all, tape.Sum(tape.Add(_flow.Base.LogProb(tape, all.Output), all.LogAbsDet), -1.0 / _rows), x);
        }
        FlowStep one = _layer.Forward(tape, x, c);
        Var passed = tape.Sum(tape.Multiply(one.Output, tape.Input(_passedBack, _rows, d)));
        return (one, tape.Add(passed, tape.Sum(one.LogAbsDet, -1.0 / one.LogAbsDet.Rows)), x);
    }

    /// <summary>One pass forward and backward.</summary>
    /// <param name="tape">Bound to the flow's store.</param>
    /// <param name="mode">Training or evaluation.</param>
    /// <param name="key">Key of the random numbers.</param>
    /// <param name="step">Draw.</param>
    /// <param name="withPenalty">Also the gradient of the penalty, from a second pass back.</param>
    public AuditPass Run(Tape<double> tape, FlowMode mode, ulong key, long step, bool withPenalty = false)
    {
        long begun = Stopwatch.GetTimestamp();
        (FlowStep recorded, Var objective, Var input) = Record(tape, mode, key, step);
        tape.Backward(objective);
        double milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        double[] output = new double[recorded.Output.Length], back = new double[_input.Length], values = new double[recorded.LogAbsDet.Length];
        tape.Read(recorded.Output, output);
        tape.Read(recorded.LogAbsDet, values);
        tape.ReadGrad(input, back);
        if (values.Length == 1 && _rows > 1)
        {
            double one = values[0];
            values = new double[_rows];
            values.AsSpan().Fill(one);
        }

        double[] gradient = Gradient(), penalty = [];
        if (withPenalty && recorded.Penalty is { IsNone: false, NeedsGrad: true })
        {
            tape.Backward(recorded.Penalty);
            penalty = Gradient();
        }

        long held = 0;
        foreach (ref readonly Node<double> node in tape.Nodes) held += node.Out0.Length + node.Out1.Length + node.Scratch.Length;
        return new AuditPass(output, values, recorded.Value, recorded.Gradient, gradient, back, penalty, milliseconds, tape.Count, held * sizeof(double));
    }

    /// <summary>The numbers of some parameters out of a gradient as <see cref="Run"/> gives it.</summary>
    public double[] Pick(double[] gradient, IReadOnlyList<ParameterStore<double>.Entry> entries)
    {
        var picked = new double[entries.Sum(e => e.Var.Length)];
        int at = 0;
        foreach (ParameterStore<double>.Entry e in entries)
        {
            gradient.AsSpan(e.Var.Offset - _first, e.Var.Length).CopyTo(picked.AsSpan(at));
            at += e.Var.Length;
        }
        return picked;
    }

    /// <summary>Where a parameter starts in a gradient as <see cref="Run"/> gives it.</summary>
    public int PlaceOf(Var parameter) => parameter.Offset - _first;

    private double[] Gradient()
    {
        var values = new double[_length];
        if (_length > 0) _flow.Backend.Read(_flow.Store.Gradients.Part(_first, _length), values);
        return values;
    }
}
