using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>x = W^-1 z for every row z of Z [B x D], by LU. dZ = dX W^-1 (rows: W^-T dx), dW = -dZ^T X.</summary>
public sealed class SolveRowsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SolveRowsOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "solve-rows";

    /// <inheritdoc/>
    public override string Formula => "x = W^-1 z per row;  dz = W^-T dx,  dW = -dZ^T X";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Outputs;

    /// <summary>Records X with W x = z for every row. 2/3 D^3 + 2 B D^2 flops.</summary>
    /// <exception cref="ArgumentException">W is not square or Z has another width.</exception>
    public static Var Record(Tape<T> tape, Var w, Var z)
    {
        if (w.Rows != w.Cols || z.Cols != w.Cols) throw new ArgumentException($"SolveRows: W is {w.Shape}, Z is {z.Shape}; W must be square and as wide as Z.");
        return tape.Record(Instance, [w, z], z.Rows, z.Cols, scratch: w.Length + w.Rows).Out0;
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">W is exactly singular.</exception>
    public override void Forward(in OpContext<T> c)
    {
        int d = c.In(0).Rows;
        BasicKernels<T>.Copy(c.Backend, c.X(0), c.Scratch.Part(0, d * d));
        c.Backend.Factor(new FactorArgs(FactorKind.Lu, d, c.Scratch.Part(0, d * d), c.Scratch.Part(d * d, d), Slice.None, Slice.None));
        BasicKernels<T>.Copy(c.Backend, c.X(1), c.Y());
        c.Backend.Factor(new FactorArgs(FactorKind.SolveRows, d, c.Scratch.Part(0, d * d), c.Scratch.Part(d * d, d), c.Y(), Slice.None, c.Out().Rows));
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int b = c.Out().Rows, d = c.In(0).Rows;
        Slice inverse = c.Borrow(d * d), dz = c.Borrow(b * d);
        c.Backend.Factor(new FactorArgs(FactorKind.Inverse, d, c.Scratch.Part(0, d * d), c.Scratch.Part(d * d, d), Slice.None, inverse));
        c.Backend.Gemm(new GemmArgs(b, d, d, c.Dy(), inverse, dz));
        if (!c.Dx(1).IsNone) BasicKernels<T>.AddScaled(c.Backend, dz, c.Dx(1));
        if (!c.Dx(0).IsNone) c.Backend.Gemm(new GemmArgs(d, d, b, dz, c.Y(), c.Dx(0)) { TransposeA = true, Alpha = -1, Accumulate = true });
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // W tx + tW x = tz.
        int b = c.Out().Rows, d = c.In(0).Rows;
        if (c.Tx(1).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Copy(c.Backend, c.Tx(1), c.Ty());
        if (!c.Tx(0).IsNone) c.Backend.Gemm(new GemmArgs(b, d, d, c.Y(), c.Tx(0), c.Ty()) { TransposeB = true, Alpha = -1, Accumulate = true });
        c.Backend.Factor(new FactorArgs(FactorKind.SolveRows, d, c.Scratch.Part(0, d * d), c.Scratch.Part(d * d, d), c.Ty(), Slice.None, b));
    }
}

/// <summary>Recording <see cref="SolveRowsOp{T}"/>.</summary>
public static class SolveRowsOpRecording
{
    /// <inheritdoc cref="SolveRowsOp{T}.Record"/>
    public static Var SolveRows<T>(this Tape<T> tape, Var w, Var z) where T : unmanaged, IFloatingPointIeee754<T> => SolveRowsOp<T>.Record(tape, w, z);
}
