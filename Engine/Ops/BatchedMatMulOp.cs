using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y_i = op(a_i) op(b_i) for i of a batch of equal products. Matrices lie below each other: a is [batch rows x cols], or one [rows x cols] shared by all.</summary>
public sealed class BatchedMatMulOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly BatchedMatMulOp<T> Instance = new();

    private const int TransposeA = 1, TransposeB = 2, SharedA = 4, SharedB = 8;

    /// <inheritdoc/>
    public override string Name => "batched-matmul";

    /// <inheritdoc/>
    public override string Formula => "y_i = op(a_i) op(b_i);  d op(a_i) = dy_i op(b_i)^T,  d op(b_i) = op(a_i)^T dy_i, summed over i where shared";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y_i = op(a_i) op(b_i), [batch m x n]. Cost 2 batch m n k flops forward, twice that backward.</summary>
    /// <exception cref="ArgumentException">Rows are no multiple of the batch, or inner dimensions differ.</exception>
    public static Var Record(Tape<T> tape, Var a, Var b, int batch, bool transposeA, bool transposeB, bool sharedA, bool sharedB)
    {
        if (batch < 1 || (!sharedA && a.Rows % batch != 0) || (!sharedB && b.Rows % batch != 0))
            throw new ArgumentException($"BatchedMatMul: left is {a.Shape}, right is {b.Shape}; the rows of what is not shared must be a multiple of the batch {batch}.");
        int rowsA = sharedA ? a.Rows : a.Rows / batch, rowsB = sharedB ? b.Rows : b.Rows / batch;
        int m = transposeA ? a.Cols : rowsA, k = transposeA ? rowsA : a.Cols;
        int n = transposeB ? rowsB : b.Cols, k2 = transposeB ? b.Cols : rowsB;
        if (k != k2) throw new ArgumentException($"BatchedMatMul: left is {a.Shape}, right is {b.Shape}, batch {batch}; inner dimensions {k} and {k2} differ.");
        int flags = (transposeA ? TransposeA : 0) | (transposeB ? TransposeB : 0) | (sharedA ? SharedA : 0) | (sharedB ? SharedB : 0);
        return tape.Record(Instance, [a, b], batch * m, n, i0: flags, i1: k, i2: batch).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => Product(c, c.X(0), c.X(1), c.Y(), accumulate: false);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        bool ta = Has(c, TransposeA), tb = Has(c, TransposeB);
        int batch = c.Node.I2, m = c.Out().Rows / batch, n = c.Out().Cols, k = c.Node.I1;
        int strideA = Has(c, SharedA) ? 0 : m * k, strideB = Has(c, SharedB) ? 0 : k * n;
        Slice a = c.X(0), b = c.X(1), dy = c.Dy(), da = c.Dx(0), db = c.Dx(1);
        if (!da.IsNone)
            Adjoint(c.Backend, batch, strideA, m * k, da, ta
                ? new GemmArgs(k, m, n, b, dy, da) { TransposeA = tb, TransposeB = true, StrideA = strideB, StrideB = m * n }
                : new GemmArgs(m, k, n, dy, b, da) { TransposeB = !tb, StrideA = m * n, StrideB = strideB });
        if (!db.IsNone)
            Adjoint(c.Backend, batch, strideB, k * n, db, tb
                ? new GemmArgs(n, k, m, dy, a, db) { TransposeA = true, TransposeB = ta, StrideA = m * n, StrideB = strideA }
                : new GemmArgs(k, n, m, a, dy, db) { TransposeA = !ta, StrideA = strideA, StrideB = m * n });
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else Product(c, c.Tx(0), c.X(1), c.Ty(), accumulate: false);
        if (!c.Tx(1).IsNone) Product(c, c.X(0), c.Tx(1), c.Ty(), accumulate: true);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy)
    {
        Node<T> n = tape.Node(node);
        bool ta = (n.I0 & TransposeA) != 0, tb = (n.I0 & TransposeB) != 0, sa = (n.I0 & SharedA) != 0, sb = (n.I0 & SharedB) != 0;
        Var a = tape.Input(n, 0), b = tape.Input(n, 1);
        if (input == 0)
        {
            Var da = ta ? Record(tape, b, dy, n.I2, tb, true, sb, false) : Record(tape, dy, b, n.I2, false, !tb, false, sb);
            return sa ? SumBatch(tape, da, n.I2, a) : da;
        }
        Var db = tb ? Record(tape, dy, a, n.I2, true, ta, false, sa) : Record(tape, a, dy, n.I2, !ta, false, sa, false);
        return sb ? SumBatch(tape, db, n.I2, b) : db;
    }

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx)
    {
        Node<T> n = tape.Node(node);
        bool ta = (n.I0 & TransposeA) != 0, tb = (n.I0 & TransposeB) != 0, sa = (n.I0 & SharedA) != 0, sb = (n.I0 & SharedB) != 0;
        return input == 0
            ? Record(tape, dx, tape.Input(n, 1), n.I2, ta, tb, sa, sb)
            : Record(tape, tape.Input(n, 0), dx, n.I2, ta, tb, sa, sb);
    }

    private static Var SumBatch(Tape<T> tape, Var stacked, int batch, Var like)
        => tape.SumRows(stacked.Reshape(batch, like.Length)).Reshape(like.Rows, like.Cols);

    private static bool Has(in OpContext<T> c, int flag) => (c.Node.I0 & flag) != 0;

    private static void Product(in OpContext<T> c, Slice a, Slice b, Slice y, bool accumulate)
    {
        int batch = c.Node.I2, m = c.Out().Rows / batch, n = c.Out().Cols, k = c.Node.I1;
        c.Backend.Gemm(new GemmArgs(m, n, k, a, b, y)
        {
            TransposeA = Has(c, TransposeA),
            TransposeB = Has(c, TransposeB),
            Accumulate = accumulate,
            Batch = batch,
            StrideA = Has(c, SharedA) ? 0 : m * k,
            StrideB = Has(c, SharedB) ? 0 : k * n,
            StrideC = m * n,
        });
    }

    // Results of a batched product must be disjoint; into a shared operand the parts are added one after the other.
    private static void Adjoint(IBackend<T> backend, int batch, int stride, int length, Slice d, in GemmArgs args)
    {
        if (stride != 0)
        {
            backend.Gemm(args with { Accumulate = true, Batch = batch, StrideC = stride });
            return;
        }
        for (int i = 0; i < batch; i++)
            backend.Gemm(args with
            {
                A = args.A.Part(i * args.StrideA, args.StrideA == 0 ? args.A.Length : args.StrideA),
                B = args.B.Part(i * args.StrideB, args.StrideB == 0 ? args.B.Length : args.StrideB),
                C = d.Part(0, length),
                Accumulate = true,
            });
    }
}

/// <summary>Recording <see cref="BatchedMatMulOp{T}"/>.</summary>
public static class BatchedMatMulOpRecording
{
    /// <summary>y_i = op(a_i) op(b_i), stacked: [batch m x n].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="a">Left matrices below each other, or one.</param>
    /// <param name="b">Right matrices below each other, or one.</param>
    /// <param name="batch">Number of products.</param>
    /// <param name="transposeA">Every a_i is used transposed.</param>
    /// <param name="transposeB">Every b_i is used transposed.</param>
    /// <param name="sharedA">a is one matrix, used in every product.</param>
    /// <param name="sharedB">b is one matrix, used in every product.</param>
    /// <exception cref="ArgumentException">Rows are no multiple of the batch, or inner dimensions differ.</exception>
    public static Var BatchedMatMul<T>(
        this Tape<T> tape, Var a, Var b, int batch, bool transposeA = false, bool transposeB = false, bool sharedA = false, bool sharedB = false)
        where T : unmanaged, IFloatingPointIeee754<T>
        => BatchedMatMulOp<T>.Record(tape, a, b, batch, transposeA, transposeB, sharedA, sharedB);
}
