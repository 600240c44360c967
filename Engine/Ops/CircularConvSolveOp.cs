using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// x with weight * x = z, a circular convolution with as many channels out as in, undone in the frequency domain: x^ = w^-1 z^ at every frequency.
/// dz = T^-T dx, dw[o, c, t] = -sum over batch and pixels of dz[o, p] x[c, p + t].
/// </summary>
public sealed class CircularConvSolveOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly CircularConvSolveOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "circular-conv-solve";

    /// <inheritdoc/>
    public override string Formula => "x^(f) = w^(f)^-1 z^(f) at every frequency;  dz = T^-T dx,  dw[o,c,t] = -sum dz[o,p] x[c,p+t]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records x [batch x C H W] from w [C x C rows columns] and z [batch x C H W]. The matrices 32/3 C^3 F + 4 C^2 F taps flops, F = H (W/2 + 1); an image 4 C H W (W + 2 H + C).</summary>
    /// <exception cref="ArgumentException">The shape is not circular or not square, or weight or z does not fit.</exception>
    public static Var Record(Tape<T> tape, Var weight, Var z, in ConvShape shape)
    {
        CircularSpectrum<T>.Check("CircularConvSolve", shape, z.Rows);
        Conv2dOp<T>.RequireWeight("CircularConvSolve", weight, shape);
        if (z.Cols != shape.OutLength) throw new ArgumentException($"CircularConvSolve: z is {z.Shape}; {shape} needs {shape.OutLength} columns.");
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [weight, z], z.Rows, z.Cols, scratch: CircularSpectrum<T>.MatrixLength(shape), i0: a, i1: b, i2: c).Out0;
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">The matrix of a frequency is exactly singular.</exception>
    public override void Forward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        CircularSpectrum<T>.Invert(c.Backend, shape, c.X(0), c.Scratch, Slice.None, Slice.None, c.Borrow(CircularSpectrum<T>.InvertRoom(shape)), 1.0 / shape.Pixels);
        Apply(c, shape, c.X(1), c.Y(), adjoint: false);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        Slice dz = c.Borrow(c.Out().Length);
        Apply(c, shape, c.Dy(), dz, adjoint: true);
        if (c.Wants(1)) BasicKernels<T>.AddScaled(c.Backend, dz, c.Dx(1));
        if (c.Wants(0))
        {
            Slice dw = c.ClaimDx(0, out bool add);
            Convolution<T>.WeightGradient(c.Backend, shape, c.Out().Rows, c.Y(), dz, dw, -1, add);
        }
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // T tx + tT x = tz.
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.Out().Rows;
        Slice right = c.Borrow(c.Out().Length);
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, right, 0);
        else
        {
            Slice product = c.Borrow(c.Out().Length);
            Convolution<T>.Forward(c.Backend, shape, rows, c.Y(), c.Tx(0), Slice.None, product);
            BasicKernels<T>.Fill(c.Backend, right, 0);
            BasicKernels<T>.AddScaled(c.Backend, product, right, -1);
        }
        if (!c.Tx(1).IsNone) BasicKernels<T>.AddScaled(c.Backend, c.Tx(1), right);
        Apply(c, shape, right, c.Ty(), adjoint: false);
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
        Var weight = tape.Input(n, 0);
        return input == 1 ? Record(tape, weight, dx, shape) : tape.Scale(Record(tape, weight, tape.Conv2d(n.Out0, dx, shape), shape), -1);
    }

    private static void Apply(in OpContext<T> c, in ConvShape shape, Slice from, Slice to, bool adjoint)
    {
        int rows = c.Out().Rows;
        CircularSpectrum<T>.Apply(c.Backend, shape, rows, c.Scratch, from, to, adjoint, c.Borrow(CircularSpectrum<T>.ApplyRoom(shape, rows)));
    }
}

/// <summary>Recording <see cref="CircularConvSolveOp{T}"/>.</summary>
public static class CircularConvSolveOpRecording
{
    /// <inheritdoc cref="CircularConvSolveOp{T}.Record"/>
    public static Var CircularConvSolve<T>(this Tape<T> tape, Var weight, Var z, in ConvShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        => CircularConvSolveOp<T>.Record(tape, weight, z, shape);
}
