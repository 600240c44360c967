using System.Numerics;
using System.Numerics.Tensors;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = x + s with constant s.</summary>
public sealed class AddConstantOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly AddConstantOp<T> Instance = new();

    // Slices x, y; real s.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("add-constant",
        static (in CpuArgs<T> a) => { T s = a.Real(0); Span<T> x = a[0], y = a[1]; for (int i = 0; i < y.Length; i++) y[i] = x[i] + s; },
        static (in CpuArgs<T> a) => TensorPrimitives.Add(a[0], a.Real(0), a[1]));

    /// <inheritdoc/>
    public override string Name => "add-constant";

    /// <inheritdoc/>
    public override string Formula => "y = x + s;  dx = dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = x + constant.</summary>
    public static Var Record(Tape<T> tape, Var x, double constant) => tape.Record(Instance, [x], x.Rows, x.Cols, p0: constant).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], default, [c.Node.P0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => BasicKernels<T>.AddScaled(c.Backend, c.Dy(), c.Dx(0));

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Copy(c.Backend, c.Tx(0), c.Ty());
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => dy;

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => dx;
}

/// <summary>Recording <see cref="AddConstantOp{T}"/>.</summary>
public static class AddConstantOpRecording
{
    /// <summary>x + constant.</summary>
    public static Var AddConstant<T>(this Tape<T> tape, Var x, double constant) where T : unmanaged, IFloatingPointIeee754<T> => AddConstantOp<T>.Record(tape, x, constant);
}
