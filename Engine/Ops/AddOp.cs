using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = a + s b with constant s; b may be a row, a column or a scalar spread over a. db is s times dy summed over what was spread.</summary>
public sealed class AddOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly AddOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "add";

    /// <inheritdoc/>
    public override string Formula => "y = a + s b;  da = dy,  db = s sum(dy) over what b was spread over";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = a + scale * b.</summary>
    /// <exception cref="ArgumentException">b cannot be spread over a.</exception>
    public static Var Record(Tape<T> tape, Var a, Var b, double scale)
        => tape.Record(Instance, [a, b], a.Rows, a.Cols, i0: (int)BroadcastRules.Of("Add", a, b), p0: scale).Out0;

    /// <summary>y := x + row, on plain memory: for fused ops.</summary>
    internal static void AddRow(IBackend<T> backend, Slice x, Slice row, Slice y, int rows, int cols)
        => backend.Run(SpreadKernels<T>.Add, new KernelArgs([x, row, y], [rows, cols, (int)Broadcast.Row], [1.0]));

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
        => c.Run(SpreadKernels<T>.Add, [c.X(0), c.X(1), c.Y()], [c.Out().Rows, c.Out().Cols, c.Node.I0], [c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        if (!c.Dx(0).IsNone) BasicKernels<T>.AddScaled(c.Backend, c.Dy(), c.Dx(0));
        if (!c.Dx(1).IsNone) SpreadSum.Add(c.Backend, (Broadcast)c.Node.I0, c.Dy(), c.Dx(1), c.Out().Rows, c.Out().Cols, c.Node.P0);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        Slice a = c.Tx(0), b = c.Tx(1);
        if (a.IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Copy(c.Backend, a, c.Ty());
        if (b.IsNone) return;
        Slice t = c.Borrow(c.Out().Length);
        BasicKernels<T>.Copy(c.Backend, c.Ty(), t);
        c.Run(SpreadKernels<T>.Add, [t, b, c.Ty()], [c.Out().Rows, c.Out().Cols, c.Node.I0], [c.Node.P0]);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        if (input == 0) return dy;
        Var sum = RecordedSpread.Sum(tape, (Broadcast)n.I0, dy);
        return n.P0 == 1 ? sum : tape.Scale(sum, n.P0);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        return input == 0 ? dx : Record(tape, tape.Constant(0, n.Out0.Rows, n.Out0.Cols), dx, n.P0);
    }
}

/// <summary>Recording <see cref="AddOp{T}"/>.</summary>
public static class AddOpRecording
{
    /// <summary>a + b; b may be [1 x cols], [rows x 1] or [1 x 1].</summary>
    public static Var Add<T>(this Tape<T> tape, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T> => AddOp<T>.Record(tape, a, b, 1);

    /// <summary>a - b; b may be [1 x cols], [rows x 1] or [1 x 1].</summary>
    public static Var Subtract<T>(this Tape<T> tape, Var a, Var b) where T : unmanaged, IFloatingPointIeee754<T> => AddOp<T>.Record(tape, a, b, -1);
}
