using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// y = op(a) op(b), where op transposes or not. With cotangent dy: d op(a) = dy op(b)^T and d op(b) = op(a)^T dy; a transposed
/// operand receives the transpose of its part, which is again one product.
/// </summary>
public sealed class MatMulOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly MatMulOp<T> Instance = new();

    /// <inheritdoc/>
    public override string Name => "matmul";

    /// <inheritdoc/>
    public override string Formula => "y = op(a) op(b);  d op(a) = dy op(b)^T,  d op(b) = op(a)^T dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = op(a) op(b). Cost 2 m n k flops forward, twice that backward.</summary>
    /// <exception cref="ArgumentException">Inner dimensions differ.</exception>
    public static Var Record(Tape<T> tape, Var a, Var b, bool transposeA, bool transposeB)
    {
        int m = transposeA ? a.Cols : a.Rows, k = transposeA ? a.Rows : a.Cols;
        int n = transposeB ? b.Rows : b.Cols, k2 = transposeB ? b.Cols : b.Rows;
        if (k != k2)
            throw new ArgumentException($"MatMul: left is {a.Shape}{(transposeA ? " transposed" : "")}, right is {b.Shape}{(transposeB ? " transposed" : "")}; inner dimensions {k} and {k2} differ.");
        return tape.Record(Instance, [a, b], m, n, i0: transposeA ? 1 : 0, i1: transposeB ? 1 : 0, i2: k).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        Var y = c.Out();
        c.Backend.Gemm(new GemmArgs(y.Rows, y.Cols, c.Node.I2, c.X(0), c.X(1), c.Y()) { TransposeA = c.Node.I0 == 1, TransposeB = c.Node.I1 == 1 });
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        bool ta = c.Node.I0 == 1, tb = c.Node.I1 == 1;
        int m = c.Out().Rows, n = c.Out().Cols, k = c.Node.I2;
        Slice dy = c.Dy();
        if (c.Wants(0))
        {
            Slice da = c.ClaimDx(0, out bool add);
            c.Backend.Gemm(ta
                ? new GemmArgs(k, m, n, c.X(1), dy, da) { TransposeA = tb, TransposeB = true, Accumulate = add }
                : new GemmArgs(m, k, n, dy, c.X(1), da) { TransposeB = !tb, Accumulate = add });
        }
        if (c.Wants(1))
        {
            Slice db = c.ClaimDx(1, out bool add);
            c.Backend.Gemm(tb
                ? new GemmArgs(n, k, m, dy, c.X(0), db) { TransposeA = true, TransposeB = ta, Accumulate = add }
                : new GemmArgs(k, n, m, c.X(0), dy, db) { TransposeA = !ta, Accumulate = add });
        }
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        Var y = c.Out();
        bool ta = c.Node.I0 == 1, tb = c.Node.I1 == 1, some = false;
        if (!c.Tx(0).IsNone)
        {
            c.Backend.Gemm(new GemmArgs(y.Rows, y.Cols, c.Node.I2, c.Tx(0), c.X(1), c.Ty()) { TransposeA = ta, TransposeB = tb });
            some = true;
        }
        if (!c.Tx(1).IsNone)
        {
            c.Backend.Gemm(new GemmArgs(y.Rows, y.Cols, c.Node.I2, c.X(0), c.Tx(1), c.Ty()) { TransposeA = ta, TransposeB = tb, Accumulate = some });
            some = true;
        }
        if (!some) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        bool ta = n.I0 == 1, tb = n.I1 == 1;
        Var a = tape.Input(n, 0), b = tape.Input(n, 1);
        if (input == 0) return ta ? Record(tape, b, dy, tb, true) : Record(tape, dy, b, false, !tb);
        return tb ? Record(tape, dy, a, true, ta) : Record(tape, a, dy, !ta, false);
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        bool ta = n.I0 == 1, tb = n.I1 == 1;
        return input == 0 ? Record(tape, dx, tape.Input(n, 1), ta, tb) : Record(tape, tape.Input(n, 0), dx, ta, tb);
    }
}

/// <summary>Recording <see cref="MatMulOp{T}"/>.</summary>
public static class MatMulOpRecording
{
    /// <inheritdoc cref="MatMulOp{T}.Record"/>
    public static Var MatMul<T>(this Tape<T> tape, Var a, Var b, bool transposeA = false, bool transposeB = false) where T : unmanaged, IFloatingPointIeee754<T>
        => MatMulOp<T>.Record(tape, a, b, transposeA, transposeB);
}
