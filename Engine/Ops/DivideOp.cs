using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = a / b, element by element; b may be a row, a column or a scalar spread over a.</summary>
public sealed class DivideOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly DivideOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "divide";

    /// <inheritdoc/>
    public override string Formula => "y = a / b;  da = dy / b,  db = -sum(y dy / b) over what b was spread over";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = a / b. Cost: one division an element, and again backward.</summary>
    /// <exception cref="ArgumentException">b cannot be spread over a.</exception>
    public static Var Record(Tape<T> tape, Var a, Var b)
        => tape.Record(Instance, [a, b], a.Rows, a.Cols, i0: (int)BroadcastRules.Of("Divide", a, b)).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(SpreadKernels<T>.Divide, [c.X(0), c.X(1), c.Y()], [c.Out().Rows, c.Out().Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Slice quotient = c.Borrow(c.Out().Length);
        c.Run(SpreadKernels<T>.Divide, [c.Dy(), c.X(1), quotient], [c.Out().Rows, c.Out().Cols, c.Node.I0]);
        if (!c.Dx(0).IsNone) BasicKernels<T>.AddScaled(c.Backend, quotient, c.Dx(0));
        if (!c.Dx(1).IsNone) c.Run(SpreadKernels<T>.ReduceProduct, [quotient, c.Y(), c.Dx(1)], [c.Out().Rows, c.Out().Cols, c.Node.I0], [-1]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // ty = (ta - y tb) / b
        Slice a = c.Tx(0), b = c.Tx(1), numerator = c.Borrow(c.Out().Length);
        if (b.IsNone) BasicKernels<T>.Fill(c.Backend, numerator, 0);
        else c.Run(SpreadKernels<T>.Multiply, [c.Y(), b, numerator], [c.Out().Rows, c.Out().Cols, c.Node.I0]);
        BasicKernels<T>.Scale(c.Backend, numerator, numerator, -1);
        if (!a.IsNone) BasicKernels<T>.AddScaled(c.Backend, a, numerator);
        c.Run(SpreadKernels<T>.Divide, [numerator, c.X(1), c.Ty()], [c.Out().Rows, c.Out().Cols, c.Node.I0]);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        Var quotient = Record(tape, dy, tape.Input(n, 1));
        return input == 0 ? quotient : tape.Scale(RecordedSpread.Sum(tape, (Broadcast)n.I0, tape.Multiply(quotient, n.Out0)), -1);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        Var b = tape.Input(n, 1);
        return input == 0 ? Record(tape, dx, b) : tape.Scale(Record(tape, tape.Multiply(n.Out0, dx), b), -1);
    }
}

/// <summary>Recording <see cref="DivideOp{T}"/>.</summary>
public static class DivideOpRecording
{
    /// <summary>a / b; b may be [1 x cols], [rows x 1] or [1 x 1].</summary>
    /// <exception cref="ArgumentException">b cannot be spread over a.</exception>
    public static Var Divide<T>(this Tape<T> tape, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T> => DivideOp<T>.Record(tape, a, b);
}
