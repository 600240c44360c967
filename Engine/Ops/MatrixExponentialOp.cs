using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Y = e^A, A [D x D], by scaling and squaring. dA is the adjoint of the Frechet derivative, carried through the same steps. log|det Y| = tr A.</summary>
public sealed class MatrixExponentialOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly MatrixExponentialOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "matrix-exponential";

    /// <inheritdoc/>
    public override string Formula => "Y = e^A;  dA = L(A^T, dY), L the derivative of e^A in a direction";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records e^A. About 2 (6 + s) D^3 flops for s = log2 of the 1-norm squarings, three times that backward.</summary>
    /// <exception cref="ArgumentException">A is not square.</exception>
    public static Var Record(Tape<T> tape, Var a)
    {
        if (a.Rows != a.Cols) throw new ArgumentException($"MatrixExponential: A is {a.Shape}; it must be square.");
        return tape.Record(Instance, [a], a.Rows, a.Cols).Out0;
    }

    /// <inheritdoc/>
    /// <exception cref="ArithmeticException">A holds NaN or infinity.</exception>
    public override void Forward(in OpContext<T> c)
        => c.Backend.Factor(new FactorArgs(FactorKind.Exponential, c.Out().Rows, c.X(0), Slice.None, Slice.None, c.Y()));

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Slice da = c.Borrow(c.Out().Length);
        c.Backend.Factor(new FactorArgs(FactorKind.ExponentialAdjoint, c.Out().Rows, c.X(0), Slice.None, c.Dy(), da));
        BasicKernels<T>.AddScaled(c.Backend, da, c.Dx(0));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (c.Tx(0).IsNone) return;
        // The adjoint at A is the derivative at A^T, so the derivative is the adjoint at A^T.
        int d = c.Out().Rows;
        Slice transposed = c.Borrow(d * d), change = c.Borrow(d * d);
        BasicKernels<T>.Fill(c.Backend, transposed, 0);
        BasicKernels<T>.AddTransposed(c.Backend, c.X(0), transposed, d, d);
        c.Backend.Factor(new FactorArgs(FactorKind.ExponentialAdjoint, d, transposed, Slice.None, c.Tx(0), change));
        BasicKernels<T>.Copy(c.Backend, change, c.Ty());
    }
}

/// <summary>Recording <see cref="MatrixExponentialOp{T}"/>.</summary>
public static class MatrixExponentialOpRecording
{
    /// <inheritdoc cref="MatrixExponentialOp{T}.Record"/>
    public static Var MatrixExponential<T>(this Tape<T> tape, Var a) where T : unmanaged, IFloatingPointIeee754<T> => MatrixExponentialOp<T>.Record(tape, a);
}
