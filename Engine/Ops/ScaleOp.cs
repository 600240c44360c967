using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = s x with constant s.</summary>
public sealed class ScaleOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ScaleOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "scale";

    /// <inheritdoc/>
    public override string Formula => "y = s x;  dx = s dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = factor * x.</summary>
    public static Var Record(Tape<T> tape, Var x, double factor) => tape.Record(Instance, [x], x.Rows, x.Cols, p0: factor).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => BasicKernels<T>.Scale(c.Backend, c.X(0), c.Y(), c.Node.P0);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => BasicKernels<T>.AddScaled(c.Backend, c.Dy(), c.Dx(0), c.Node.P0);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Scale(c.Backend, c.Tx(0), c.Ty(), c.Node.P0);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Record(tape, dy, tape.Node(node).P0);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Record(tape, dx, tape.Node(node).P0);
}

/// <summary>Recording <see cref="ScaleOp{T}"/>.</summary>
public static class ScaleOpRecording
{
    /// <summary>factor * x.</summary>
    public static Var Scale<T>(this Tape<T> tape, Var x, double factor) where T : unmanaged, IFloatingPointIeee754<T> => ScaleOp<T>.Record(tape, x, factor);
}
