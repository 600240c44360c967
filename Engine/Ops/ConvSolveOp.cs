using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// x with T(w) x = z for every row of z [B x D]: the inverse of a zero-padded convolution that keeps its channels, by an LU with partial
/// pivoting of its band. dz = T^-T dx, dw = minus the convolution's weight gradient for (x, dz).
/// </summary>
public sealed class ConvSolveOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ConvSolveOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "conv-solve";

    /// <inheritdoc/>
    public override string Formula => "T(w) x = z per row;  dz = T^-T dx,  dw[o,c,t] = -sum dz[o,p] x[c,p+t]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Outputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records x [B x D]. With half-bandwidth p about 4 D p^2 flops, and 6 B D p.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit, the channels differ, the padding is circular, or the band is too large.</exception>
    public static Var Record(Tape<T> tape, Var weight, Var z, in ConvShape shape)
    {
        ConvLogAbsDetOp<T>.RequireSquare("ConvSolve", weight, shape);
        if (z.Cols != shape.OutLength) throw new ArgumentException($"ConvSolve: z is {z.Shape}; {shape} needs {shape.OutLength} columns.");
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [weight, z], z.Rows, z.Cols, scratch: ConvBand<T>.FactorLength(shape), i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">T is exactly singular.</exception>
    public override void Forward(in OpContext<T> c)
    {
        ConvBand<T>.Factor(c.Backend, Conv2dOp<T>.Shape(c.Node), c.X(0), c.Scratch);
        Solve(c, c.X(1), c.Y(), transposed: false);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int rows = c.Out().Rows;
        Slice dz = c.Borrow(c.Out().Length);
        Solve(c, c.Dy(), dz, transposed: true);
        if (c.Wants(1)) BasicKernels<T>.AddScaled(c.Backend, dz, c.Dx(1));
        if (!c.Wants(0)) return;
        Slice dw = c.ClaimDx(0, out bool add);
        Convolution<T>.WeightGradient(c.Backend, Conv2dOp<T>.Shape(c.Node), rows, c.Y(), dz, dw, -1, add);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // T tx + (tT) x = tz.
        Slice right = c.Borrow(c.Out().Length);
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, right, 0);
        else Convolution<T>.Forward(c.Backend, Conv2dOp<T>.Shape(c.Node), c.Out().Rows, c.Y(), c.Tx(0), Slice.None, right);
        BasicKernels<T>.Scale(c.Backend, right, c.Ty(), -1);
        if (!c.Tx(1).IsNone) BasicKernels<T>.AddScaled(c.Backend, c.Tx(1), c.Ty());
        Solve(c, c.Ty(), c.Ty(), transposed: false);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        ConvShape shape = Conv2dOp<T>.Shape(n);
        Var dz = Record(tape, tape.MirrorKernel(tape.Input(n, 0), shape), dy, shape.Transposed);
        return input == 1 ? dz : tape.Scale(Conv2dWeightGradientOp<T>.Record(tape, n.Out0, dz, shape), -1);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        ConvShape shape = Conv2dOp<T>.Shape(n);
        return input == 1
            ? Record(tape, tape.Input(n, 0), dx, shape)
            : tape.Scale(Record(tape, tape.Input(n, 0), tape.Conv2d(n.Out0, dx, shape), shape), -1);
    }

    private static void Solve(in OpContext<T> c, Slice z, Slice x, bool transposed)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.Out().Rows;
        ConvBand<T>.Solve(c.Backend, shape, c.Scratch, rows, z, x, c.Borrow(ConvBand<T>.SolveWork(shape, rows)), transposed);
    }
}

/// <summary>Recording <see cref="ConvSolveOp{T}"/>.</summary>
public static class ConvSolveOpRecording
{
    /// <inheritdoc cref="ConvSolveOp{T}.Record"/>
    public static Var ConvSolve<T>(this Tape<T> tape, Var weight, Var z, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => ConvSolveOp<T>.Record(tape, weight, z, shape);
}
