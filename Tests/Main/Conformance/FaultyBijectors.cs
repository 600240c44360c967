using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>What is wrong with a <see cref="FaultyBijector"/>.</summary>
public enum Fault
{
    /// <summary>Nothing: it must pass.</summary>
    None,

    /// <summary>The log-determinant's sign, in both directions.</summary>
    Sign,

    /// <summary>A constant factor of the Jacobian is left out, consistently in both directions.</summary>
    DroppedConstant,

    /// <summary>Half of the log-determinant, consistently in both directions.</summary>
    DroppedFactor,

    /// <summary>One log-determinant for the whole batch: the mean over the rows.</summary>
    NoBatch,

    /// <summary>The inverse is of the wrong map.</summary>
    ForwardTwice,

    /// <summary>The input gradient is written and not added.</summary>
    AssignedGradient,

    /// <summary>The log-determinant carries no gradient.</summary>
    DetachedLogDet,
}

/// <summary>A right bijector made wrong.</summary>
public sealed class FaultyBijector(IBijector<double> inner, Fault fault) : IBijector<double>
{
    /// <inheritdoc/>
    public string Kind => inner.Kind;

    /// <inheritdoc/>
    public int Dimension => inner.Dimension;

    /// <inheritdoc/>
    public void Attach(ParameterStore<double> store, string scope, ulong seed) => inner.Attach(store, scope, seed);

    /// <inheritdoc/>
    public FlowStep Forward(Tape<double> tape, Var x, in StepContext c) => Spoil(tape, inner.Forward(tape, fault == Fault.AssignedGradient ? AssigningOp.Record(tape, x) : x, c), 1);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c)
        => fault == Fault.ForwardTwice ? inner.Forward(tape, z, c) : Spoil(tape, inner.Inverse(tape, z, c), -1);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => inner.WriteConfig(json);

    private FlowStep Spoil(Tape<double> tape, FlowStep step, double direction) => fault switch
    {
        Fault.Sign => step with { LogAbsDet = tape.Scale(step.LogAbsDet, -1) },
        Fault.DroppedConstant => step with { LogAbsDet = tape.Add(step.LogAbsDet, tape.Constant(0.25 * direction)) },
        Fault.DroppedFactor => step with { LogAbsDet = tape.Scale(step.LogAbsDet, 0.5) },
        Fault.NoBatch => step with { LogAbsDet = tape.Mean(step.LogAbsDet) },
        Fault.DetachedLogDet => step with { LogAbsDet = step.LogAbsDet.Detach() },
        _ => step,
    };
}

/// <summary>y = x, whose backward forgets what was there.</summary>
public sealed class AssigningOp : Op<double>
{
    private static readonly AssigningOp Instance = new();

    /// <inheritdoc/>
    public override string Name => "assigning";

    /// <inheritdoc/>
    public override string Formula => "y = x;  dx := dy (wrong)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records y = x.</summary>
    public static Var Record(Tape<double> tape, Var x) => tape.Record(Instance, [x], x.Rows, x.Cols).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<double> c) => BasicKernels<double>.Copy(c.Backend, c.X(0), c.Y());

    /// <inheritdoc/>
    public override void Backward(in OpContext<double> c) => BasicKernels<double>.Copy(c.Backend, c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<double> c) => BasicKernels<double>.Copy(c.Backend, c.Tx(0), c.Ty());
}

/// <summary>z = x W^T with W = [[2, 1], [0.5, 1.5]]; the inverse uses W^-1 or, wrongly, its transpose.</summary>
public sealed class MatrixBijector(bool transposed) : IBijector<double>
{
    private static readonly double[] W = [2, 1, 0.5, 1.5];
    private static readonly double[] Inverted = [0.6, -0.4, -0.2, 0.8];

    /// <inheritdoc/>
    public string Kind => "matrix";

    /// <inheritdoc/>
    public int Dimension => 2;

    /// <inheritdoc/>
    public void Attach(ParameterStore<double> store, string scope, ulong seed) { }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<double> tape, Var x, in StepContext c)
        => FlowStep.Exact(tape.MatMul(x, tape.Input(W, 2, 2), transposeB: true), tape.Add(tape.Constant(Math.Log(2.5)), tape.Scale(tape.Sum(x), 0)));

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<double> tape, Var z, in StepContext c)
        => FlowStep.Exact(tape.MatMul(z, tape.Input(Inverted, 2, 2), transposeB: !transposed), tape.Add(tape.Constant(-Math.Log(2.5)), tape.Scale(tape.Sum(z), 0)));

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) { }
}
