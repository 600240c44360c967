using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Adds up the steps of a chain: log-determinants per sample and per batch apart, so that constants are spread once.</summary>
internal struct StepSum
{
    private readonly int _rows;
    private Var _perSample = Var.None;
    private Var _constant = Var.None;
    private Var _penalty = Var.None;
    private ValueKind _value = ValueKind.Exact;
    private GradientKind _gradient = GradientKind.Exact;

    public StepSum(Var input) => (Output, _rows) = (input, input.Rows);

    public Var Output { get; private set; }

    public void Add<T>(Tape<T> tape, in FlowStep step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Output = step.Output;
        if (step.LogAbsDet.Rows == _rows && _rows > 1) _perSample = Plus(tape, _perSample, step.LogAbsDet);
        else _constant = Plus(tape, _constant, step.LogAbsDet);
        if (!step.Penalty.IsNone) _penalty = Plus(tape, _penalty, step.Penalty);
        if (step.Value > _value) _value = step.Value;
        if (step.Gradient > _gradient) _gradient = step.Gradient;
    }

    public readonly FlowStep Finish<T>(Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var logAbsDet = _perSample.IsNone ? tape.Constant(0, _rows, 1) : _perSample;
        if (!_constant.IsNone) logAbsDet = tape.Add(logAbsDet, _constant);
        return new FlowStep(Output, logAbsDet, _value, _gradient, _penalty, Var.None);
    }

    private static Var Plus<T>(Tape<T> tape, Var sum, Var term) where T : unmanaged, IFloatingPointIeee754<T>
        => sum.IsNone ? term : tape.Add(sum, term);
}
