using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = a b, element by element; b may be a row, a column or a scalar spread over a.</summary>
public sealed class MultiplyOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly MultiplyOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "multiply";

    /// <inheritdoc/>
    public override string Formula => "y = a b;  da = b dy,  db = sum(a dy) over what b was spread over";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = a b. Cost: one multiplication an element, twice that backward.</summary>
    /// <exception cref="ArgumentException">b cannot be spread over a.</exception>
    public static Var Record(Tape<T> tape, Var a, Var b)
        => tape.Record(Instance, [a, b], a.Rows, a.Cols, i0: (int)BroadcastRules.Of("Multiply", a, b)).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(SpreadKernels<T>.Multiply, [c.X(0), c.X(1), c.Y()], [c.Out().Rows, c.Out().Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        if (!c.Dx(0).IsNone) c.Run(SpreadKernels<T>.AddMultiply, [c.Dy(), c.X(1), c.Dx(0)], [c.Out().Rows, c.Out().Cols, c.Node.I0]);
        if (!c.Dx(1).IsNone) c.Run(SpreadKernels<T>.ReduceProduct, [c.Dy(), c.X(0), c.Dx(1)], [c.Out().Rows, c.Out().Cols, c.Node.I0], [1]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        Slice a = c.Tx(0), b = c.Tx(1);
        if (a.IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(SpreadKernels<T>.Multiply, [a, c.X(1), c.Ty()], [c.Out().Rows, c.Out().Cols, c.Node.I0]);
        if (!b.IsNone) c.Run(SpreadKernels<T>.AddMultiply, [c.X(0), b, c.Ty()], [c.Out().Rows, c.Out().Cols, c.Node.I0]);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        Var a = tape.Input(n, 0), b = tape.Input(n, 1);
        return input == 0 ? Record(tape, dy, b) : RecordedSpread.Sum(tape, (Broadcast)n.I0, Record(tape, dy, a));
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        return input == 0 ? Record(tape, dx, tape.Input(n, 1)) : Record(tape, tape.Input(n, 0), dx);
    }
}

/// <summary>Recording <see cref="MultiplyOp{T}"/>.</summary>
public static class MultiplyOpRecording
{
    /// <summary>a b; b may be [1 x cols], [rows x 1] or [1 x 1].</summary>
    /// <exception cref="ArgumentException">b cannot be spread over a.</exception>
    public static Var Multiply<T>(this Tape<T> tape, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T> => MultiplyOp<T>.Record(tape, a, b);
}
