using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = S x, or S^T x, with a constant sparse S in compressed rows (CSR) and a dense x.</summary>
public sealed class SparseMatMulOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly SparseMatMulOp<T> Instance = new();

    // Slices values, columns, row starts, x, y; sizes rows and columns of S, columns of x, transpose: y += op(S) x.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("sparse-matmul",
        static (in CpuArgs<T> a) =>
        {
            Span<T> values = a[0], columns = a[1], starts = a[2], x = a[3], y = a[4];
            int width = a.Size(2);
            for (int r = 0; r < a.Size(0); r++)
                for (int p = Indices.At<T>(starts, r, values.Length + 1, "SparseMatMul"); p < Indices.At<T>(starts, r + 1, values.Length + 1, "SparseMatMul"); p++)
                {
                    int s = Indices.At<T>(columns, p, a.Size(1), "SparseMatMul");
                    (int to, int from) = a.Size(3) == 1 ? (s, r) : (r, s);
                    for (int c = 0; c < width; c++) y[to * width + c] += values[p] * x[from * width + c];
                }
        },
        static (in CpuArgs<T> a) =>
        {
            Span<T> values = a[0], columns = a[1], starts = a[2], x = a[3], y = a[4];
            int width = a.Size(2);
            for (int r = 0; r < a.Size(0); r++)
            {
                int end = Indices.At<T>(starts, r + 1, values.Length + 1, "SparseMatMul");
                for (int p = Indices.At<T>(starts, r, values.Length + 1, "SparseMatMul"); p < end; p++)
                {
                    int s = Indices.At<T>(columns, p, a.Size(1), "SparseMatMul");
                    (int to, int from) = a.Size(3) == 1 ? (s, r) : (r, s);
                    Span<T> target = y.Slice(to * width, width);
                    VectorOps.AddScaled(values[p], x.Slice(from * width, width), target);
                }
            }
        });

    /// <inheritdoc/>
    public override string Name => "sparse-matmul";

    /// <inheritdoc/>
    public override string Formula => "y = S x or S^T x;  dx = S^T dy or S dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <inheritdoc/>
    public override bool HasRecordedDerivatives => true;

    /// <summary>Records y = S x, or S^T x. Cost 2 flops a stored number and column of x, and the same backward.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit, or an index lies outside.</exception>
    public static Var Record(Tape<T> tape, Var values, Var columns, Var rowStarts, int sparseColumns, Var x, bool transpose)
    {
        int sparseRows = rowStarts.Length - 1;
        if (columns.Length != values.Length) throw new ArgumentException($"SparseMatMul: values are {values.Shape}, columns are {columns.Shape}; every value needs one column.");
        if (sparseRows < 1 || sparseColumns < 1) throw new ArgumentException($"SparseMatMul: row starts are {rowStarts.Shape} and there are {sparseColumns} columns; S would be {sparseRows}x{sparseColumns}.");
        if (x.Rows != (transpose ? sparseRows : sparseColumns))
            throw new ArgumentException($"SparseMatMul: S is {sparseRows}x{sparseColumns}{(transpose ? " transposed" : "")}, x is {x.Shape}; inner dimensions {(transpose ? sparseRows : sparseColumns)} and {x.Rows} differ.");
        return tape.Record(
            Instance, [x, values.Detach(), columns.Detach(), rowStarts.Detach()], transpose ? sparseColumns : sparseRows, x.Cols,
            i0: transpose ? 1 : 0, i1: sparseColumns).Out0;
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Y(), 0);
        Add(c, c.X(0), c.Y(), c.Node.I0);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => Add(c, c.Dy(), c.Dx(0), 1 - c.Node.I0);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) Add(c, c.Tx(0), c.Ty(), c.Node.I0);
    }

    /// <inheritdoc/>
    public override Var RecordVjp(Tape<T> tape, int node, int input, Var dy) => Again(tape, node, input, dy, other: true);

    /// <inheritdoc/>
    public override Var RecordJvp(Tape<T> tape, int node, int input, Var dx) => Again(tape, node, input, dx, other: false);

    private static Var Again(Tape<T> tape, int node, int input, Var x, bool other)
    {
        if (input != 0) return Var.None;
        Node<T> n = tape.Node(node);
        return Record(tape, tape.Input(n, 1), tape.Input(n, 2), tape.Input(n, 3), n.I1, x, (n.I0 == 1) != other);
    }

    private static void Add(in OpContext<T> c, Slice x, Slice y, int transpose)
        => c.Run(Kernel, [c.X(1), c.X(2), c.X(3), x, y], [c.In(3).Length - 1, c.Node.I1, c.Out().Cols, transpose]);
}

/// <summary>Recording <see cref="SparseMatMulOp{T}"/>.</summary>
public static class SparseMatMulOpRecording
{
    /// <summary>S x, or S^T x; no gradient flows into S.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="values">Stored numbers of S, row by row.</param>
    /// <param name="columns">Column of each stored number.</param>
    /// <param name="rowStarts">Where each row starts among the values; one entry more than S has rows.</param>
    /// <param name="sparseColumns">Columns of S.</param>
    /// <param name="x">Dense right-hand side.</param>
    /// <param name="transpose">Multiply by S^T instead.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or an index lies outside.</exception>
    public static Var SparseMatMul<T>(this Tape<T> tape, Var values, Var columns, Var rowStarts, int sparseColumns, Var x, bool transpose = false)
        where T : unmanaged, IFloatingPointIeee754<T>
        => SparseMatMulOp<T>.Record(tape, values, columns, rowStarts, sparseColumns, x, transpose);
}
