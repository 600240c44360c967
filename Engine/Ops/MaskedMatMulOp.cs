using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = x (w * mask)^T with a constant mask of weights, as in masked autoencoders (Germain et al. 2015, MADE). x is [batch x in], w and mask are [out x in].</summary>
public sealed class MaskedMatMulOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly MaskedMatMulOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "masked-matmul";

    /// <inheritdoc/>
    public override string Formula => "y = x (w*mask)^T;  dx = dy (w*mask),  dw = mask * (dy^T x)";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = x (w * mask)^T. Cost 2 batch in out flops forward, twice that backward; keeps w * mask.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Var Record(Tape<T> tape, Var x, Var w, Var mask)
    {
        if (mask.Rows != w.Rows || mask.Cols != w.Cols) throw new ArgumentException($"MaskedMatMul: the weight is {w.Shape}, the mask is {mask.Shape}; they must be equal.");
        if (x.Cols != w.Cols) throw new ArgumentException($"MaskedMatMul: left is {x.Shape}, the weight is {w.Shape} (used transposed); inner dimensions {x.Cols} and {w.Cols} differ.");
        return tape.Record(Instance, [x, w, mask.Detach()], x.Rows, w.Rows, scratch: w.Length).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        Mask(c, c.X(1), c.Scratch);
        Times(c, c.X(0), c.Scratch, c.Y(), accumulate: false);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Var x = c.In(0), w = c.In(1);
        if (!c.Dx(0).IsNone) c.Backend.Gemm(new GemmArgs(x.Rows, x.Cols, w.Rows, c.Dy(), c.Scratch, c.Dx(0)) { Accumulate = true });
        if (c.Dx(1).IsNone) return;
        Slice full = c.Borrow(w.Length);
        c.Backend.Gemm(new GemmArgs(w.Rows, w.Cols, x.Rows, c.Dy(), c.X(0), full) { TransposeA = true });
        BasicKernels<T>.AddProduct(c.Backend, full, c.X(2), c.Dx(1));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        Slice x = c.Tx(0), w = c.Tx(1);
        if (x.IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else Times(c, x, c.Scratch, c.Ty(), accumulate: false);
        if (w.IsNone) return;
        Slice masked = c.Borrow(c.In(1).Length);
        Mask(c, w, masked);
        Times(c, c.X(0), masked, c.Ty(), accumulate: true);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        Var mask = tape.Input(n, 2);
        return input switch
        {
            0 => tape.MatMul(dy, tape.Multiply(tape.Input(n, 1), mask)),
            1 => tape.Multiply(tape.MatMul(dy, tape.Input(n, 0), transposeA: true), mask),
            _ => Var.None,
        };
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        Var mask = tape.Input(n, 2);
        return input switch
        {
            0 => Record(tape, dx, tape.Input(n, 1), mask),
            1 => Record(tape, tape.Input(n, 0), dx, mask),
            _ => Var.None,
        };
    }

    private static void Mask(in OpContext<T> c, Slice w, Slice masked)
        => c.Run(SpreadKernels<T>.Multiply, [w, c.X(2), masked], [c.In(1).Rows, c.In(1).Cols, (int)Broadcast.None]);

    private static void Times(in OpContext<T> c, Slice x, Slice masked, Slice y, bool accumulate)
        => c.Backend.Gemm(new GemmArgs(c.In(0).Rows, c.In(1).Rows, c.In(0).Cols, x, masked, y) { TransposeB = true, Accumulate = accumulate });
}

/// <summary>Recording <see cref="MaskedMatMulOp{T}"/>.</summary>
public static class MaskedMatMulOpRecording
{
    /// <summary>x (w * mask)^T; no gradient flows into the mask.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static Var MaskedMatMul<T>(this Tape<T> tape, Var x, Var w, Var mask) where T : unmanaged, IFloatingPointIeee754<T>
        => MaskedMatMulOp<T>.Record(tape, x, w, mask);
}
