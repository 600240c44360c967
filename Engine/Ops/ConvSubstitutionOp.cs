using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// x = op(T)^-1 z for every image z, T a masked convolution: anchored in its last row and column, its last tap lower triangular over (out, in)
/// channels. dZ: the same with the other transpose; dw = minus the weight gradient of (x, dz), without the entries that are not read.
/// </summary>
public sealed class ConvSubstitutionOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly ConvSubstitutionOp<T> Instance = new();

    // The highest bit of a packed shape is free.
    private const int Transposed = int.MinValue;

    // Slices z, x; sizes rows, columns. Refuses a solution that overflows though z is finite.
    private static readonly KernelId RequireFiniteId = CpuKernels<T>.Define("conv-substitution-require-finite", static (in CpuArgs<T> a) =>
    {
        int columns = a.Size(1);
        for (int row = 0; row < a.Size(0); row++)
        {
            int at = FirstNotFinite(a[1].Slice(row * columns, columns));
            if (at >= 0 && FirstNotFinite(a[0].Slice(row * columns, columns)) < 0)
                throw new OutsideDomainException($"ConvSubstitution: row {row} overflows at feature {at} when the map is solved for it; keep inputs nearer, or the taps small beside the diagonal of the last one.");
        }
    });

    /// <inheritdoc/>
    public override string Name => "conv-substitution";

    /// <inheritdoc/>
    public override string Formula => "x = op(T)^-1 z per image;  dz = op(T)^-T dx,  dw[o,c,t] = -sum dz[o,p] x[c,p+t] (x and dz exchanged for op(T) = T^T)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records X with op(T) x = z for every image. Cost 2 batch Products flops. Weights above the diagonal of the last tap are neither read nor given a gradient.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit, the channels differ, the anchor is not the last tap, or the padding is circular.</exception>
    /// <exception cref="OutsideDomainException">A solution overflows.</exception>
    /// <exception cref="SingularMatrixException">A number on the diagonal of the last tap is zero.</exception>
    public static Var Record(Tape<T> tape, Var z, Var weight, in ConvShape shape, bool transpose)
    {
        shape.Check();
        if (shape.InChannels != shape.OutChannels || shape.Circular || shape.AnchorRow != shape.KernelHeight - 1 || shape.AnchorColumn != shape.KernelWidth - 1)
            throw new ArgumentException($"ConvSubstitution: the shape is {shape}, anchor ({shape.AnchorRow}, {shape.AnchorColumn}); it needs equal channels, the anchor in the last row and column, and zeros outside.");
        if (z.Cols != shape.OutLength) throw new ArgumentException($"ConvSubstitution: the input is {z.Shape}; {shape} needs {shape.OutLength} columns.");
        Conv2dOp<T>.RequireWeight("ConvSubstitution", weight, shape);
        (int a, int b, int c) = shape.Pack();
        return tape.Record(Instance, [z, weight], z.Rows, shape.InLength, i0: a, i1: b, i2: transpose ? c | Transposed : c).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Copy(c.Backend, c.X(0), c.Y());
        ConvSubstitution<T>.Solve(c.Backend, Conv2dOp<T>.Shape(c.Node), c.Out().Rows, c.X(1), c.Y(), IsTransposed(c));
        c.Run(RequireFiniteId, [c.X(0), c.Y()], [c.Out().Rows, c.Out().Cols]);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.Out().Rows;
        bool transposed = IsTransposed(c);
        Slice dz = c.Borrow(c.Out().Length);
        BasicKernels<T>.Copy(c.Backend, c.Dy(), dz);
        ConvSubstitution<T>.Solve(c.Backend, shape, rows, c.X(1), dz, !transposed);
        if (c.Wants(0)) BasicKernels<T>.AddScaled(c.Backend, dz, c.Dx(0));
        if (!c.Wants(1)) return;
        Slice dw = c.Borrow(shape.WeightLength);
        Convolution<T>.WeightGradient(c.Backend, shape, rows, transposed ? dz : c.Y(), transposed ? c.Y() : dz, dw, -1, add: false);
        ConvSubstitution<T>.AddMasked(c.Backend, shape, dw, c.Dx(1));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // op(T) tx = tz - op(tT) x.
        ConvShape shape = Conv2dOp<T>.Shape(c.Node);
        int rows = c.Out().Rows;
        bool transposed = IsTransposed(c);
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(1).IsNone)
        {
            Slice tangent = c.Borrow(shape.WeightLength);
            BasicKernels<T>.Fill(c.Backend, tangent, 0);
            ConvSubstitution<T>.AddMasked(c.Backend, shape, c.Tx(1), tangent);
            if (transposed) Convolution<T>.InputGradient(c.Backend, shape, rows, c.Y(), tangent, c.Ty(), add: false);
            else Convolution<T>.Forward(c.Backend, shape, rows, c.Y(), tangent, Slice.None, c.Ty());
            BasicKernels<T>.Scale(c.Backend, c.Ty(), c.Ty(), -1);
        }
        if (!c.Tx(0).IsNone) BasicKernels<T>.AddScaled(c.Backend, c.Tx(0), c.Ty());
        ConvSubstitution<T>.Solve(c.Backend, shape, rows, c.X(1), c.Ty(), transposed);
    }

    private static int FirstNotFinite(ReadOnlySpan<T> values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!T.IsFinite(values[i])) return i;
        return -1;
    }

    private static bool IsTransposed(in OpContext<T> c) => c.Node.I2 < 0;
}

/// <summary>Recording <see cref="ConvSubstitutionOp{T}"/>.</summary>
public static class ConvSubstitutionOpRecording
{
    /// <inheritdoc cref="ConvSubstitutionOp{T}.Record"/>
    public static Var ConvSubstitution<T>(this Tape<T> tape, Var z, Var weight, in ConvShape shape, bool transpose = false) where T : unmanaged, IFloatingPointIeee754<T>
        => ConvSubstitutionOp<T>.Record(tape, z, weight, shape, transpose);
}
