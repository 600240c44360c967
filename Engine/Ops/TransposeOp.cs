using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = x^T: [rows x cols] to [cols x rows].</summary>
public sealed class TransposeOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly TransposeOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "transpose";

    /// <inheritdoc/>
    public override string Formula => "y = x^T;  dx = dy^T";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = x^T. Cost: one pass over the elements.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Cols, x.Rows).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        BasicKernels<T>.AddTransposed(c.Backend, c.X(0), c.Y(), c.In(0).Rows, c.In(0).Cols);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
        => BasicKernels<T>.AddTransposed(c.Backend, c.Dy(), c.Dx(0), c.Out().Rows, c.Out().Cols);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) BasicKernels<T>.AddTransposed(c.Backend, c.Tx(0), c.Ty(), c.In(0).Rows, c.In(0).Cols);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Record(tape, dy);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Record(tape, dx);
}

/// <summary>Recording <see cref="TransposeOp{T}"/>.</summary>
public static class TransposeOpRecording
{
    /// <summary>x^T.</summary>
    public static Var Transpose<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => TransposeOp<T>.Record(tape, x);
}
