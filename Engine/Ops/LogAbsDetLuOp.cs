using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = log|det W| by LU with partial pivoting, W [D x D]. dW = dy W^-T, from the factors kept by forward. 2/3 D^3 flops forward, 4/3 D^3 backward.</summary>
public sealed class LogAbsDetLuOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly LogAbsDetLuOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "log-abs-det-lu";

    /// <inheritdoc/>
    public override string Formula => "y = log|det W|;  dW = dy W^-T";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records log|det W| [1 x 1]; minus infinity where W is exactly singular.</summary>
    /// <exception cref="ArgumentException">W is not square.</exception>
    public static Var Record(Tape<T> tape, Var w)
    {
        if (w.Rows != w.Cols) throw new ArgumentException($"LogAbsDet: W is {w.Shape}; it must be square.");
        // Kept: the factors, the pivots, (log|det|, sign).
        return tape.Record(Instance, [w], 1, 1, scratch: w.Length + w.Rows + 2).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        int d = c.In(0).Rows;
        Slice lu = c.Scratch.Part(0, d * d), pivots = c.Scratch.Part(d * d, d), result = c.Scratch.Part(d * d + d, 2);
        BasicKernels<T>.Copy(c.Backend, c.X(0), lu);
        c.Backend.Factor(new FactorArgs(FactorKind.Lu, d, lu, pivots, Slice.None, Slice.None));
        c.Backend.Factor(new FactorArgs(FactorKind.LogAbsDet, d, lu, pivots, Slice.None, result));
        BasicKernels<T>.Copy(c.Backend, result.Part(0, 1), c.Y());
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">W is exactly singular.</exception>
    public override void Backward(in OpContext<T> c)
    {
        int d = c.In(0).Rows;
        Slice inverse = Inverse(c, d);
        ScalarKernels<T>.AddTransposed(c.Backend, c.Dy(), inverse, c.Dx(0), d, d);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // tr(W^-1 dW) = <W^-T, dW>.
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (c.Tx(0).IsNone) return;
        int d = c.In(0).Rows;
        Slice transposed = c.Borrow(d * d);
        BasicKernels<T>.Fill(c.Backend, transposed, 0);
        BasicKernels<T>.AddTransposed(c.Backend, Inverse(c, d), transposed, d, d);
        BasicKernels<T>.Dot(c.Backend, transposed, c.Tx(0), c.Ty());
    }

    private static Slice Inverse(in OpContext<T> c, int d)
    {
        Slice inverse = c.Borrow(d * d);
        c.Backend.Factor(new FactorArgs(FactorKind.Inverse, d, c.Scratch.Part(0, d * d), c.Scratch.Part(d * d, d), Slice.None, inverse));
        return inverse;
    }
}

/// <summary>Recording <see cref="LogAbsDetLuOp{T}"/>.</summary>
public static class LogAbsDetLuOpRecording
{
    /// <inheritdoc cref="LogAbsDetLuOp{T}.Record"/>
    public static Var LogAbsDet<T>(this Tape<T> tape, Var w) where T : unmanaged, IFloatingPointIeee754<T> => LogAbsDetLuOp<T>.Record(tape, w);
}
