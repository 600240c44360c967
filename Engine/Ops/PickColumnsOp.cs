using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// y[i] = table[i mod S, index[i] + offset]: every element takes one number of its row of a table with S rows. S is the number of elements, or a
/// divisor of it: the columns of a batch, to share a table between the rows. With <see cref="Bins"/>, the search that splines need.
/// </summary>
public sealed class PickColumnsOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly PickColumnsOp<T> Instance = new();

    // Slices table, index, y; sizes columns, offset.
    private static readonly KernelId PickKernel = CpuKernels<T>.Define("pick-columns",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0), offset = a.Size(1);
            Span<T> table = a[0], index = a[1], y = a[2];
            for (int i = 0, at = 0; i < y.Length; i++)
            {
                y[i] = table[at + Indices.At<T>(index, i, cols - offset, "PickColumns") + offset];
                at += cols;
                if (at == table.Length) at = 0;
            }
        });

    // Slices y, index, table; sizes columns, offset: the table gets y added.
    private static readonly KernelId PutKernel = CpuKernels<T>.Define("pick-columns-backward",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0), offset = a.Size(1);
            Span<T> y = a[0], index = a[1], table = a[2];
            for (int i = 0, at = 0; i < y.Length; i++)
            {
                table[at + Indices.At<T>(index, i, cols - offset, "PickColumns") + offset] += y[i];
                at += cols;
                if (at == table.Length) at = 0;
            }
        });

    // Slices x, knots, index; size knots a row. The bin whose left knot is the last that x reaches; the last bin is closed on the right.
    private static readonly KernelId BinKernel = CpuKernels<T>.Define("bins",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0);
            Span<T> x = a[0], knots = a[1], index = a[2];
            for (int i = 0, at = 0; i < x.Length; i++)
            {
                int low = 0, high = cols - 1;
                while (high - low > 1)
                {
                    int middle = (low + high) / 2;
                    if (x[i] >= knots[at + middle]) low = middle;
                    else high = middle;
                }
                index[i] = T.CreateTruncating(low);
                at += cols;
                if (at == knots.Length) at = 0;
            }
        });

    /// <inheritdoc/>
    public override string Name => "pick-columns";

    /// <inheritdoc/>
    public override string Formula => "y[i] = table[i mod S, index[i] + o];  dtable[i mod S, index[i] + o] += dy[i]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records y, shaped like the index. Cost: one pass. The index is a constant of whole numbers.</summary>
    /// <exception cref="ArgumentException">The rows of the table do not divide the number of elements, or an index lies outside.</exception>
    public static Var Record(Tape<T> tape, Var table, Var index, int offset)
    {
        RequireRows("PickColumns", table, index);
        if (offset < 0 || offset >= table.Cols) throw new ArgumentException($"PickColumns: offset {offset} of a table that is {table.Shape}.");
        return tape.Record(Instance, [table, index.Detach()], index.Rows, index.Cols, i0: offset).Out0;
    }

    /// <summary>For every element of x the number of its bin between the knots (increasing, [S x bins + 1]): a constant shaped like x, no node. Cost: log2 of the bins an element.</summary>
    /// <exception cref="ArgumentException">The rows of knots do not divide the number of elements.</exception>
    public static Var Bins(Tape<T> tape, Var x, Var knots)
    {
        RequireRows("Bins", knots, x);
        Var index = tape.Allocate(x.Rows, x.Cols, false);
        tape.Backend.Run(BinKernel, new KernelArgs([tape.ValueOf(x), tape.ValueOf(knots), tape.ValueOf(index)], [knots.Cols]));
        return index.Detach();
    }

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(PickKernel, [c.X(0), c.X(1), c.Y()], [c.In(0).Cols, c.Node.I0]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        if (!c.Dx(0).IsNone) c.Run(PutKernel, [c.Dy(), c.X(1), c.Dx(0)], [c.In(0).Cols, c.Node.I0]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(PickKernel, [c.Tx(0), c.X(1), c.Ty()], [c.In(0).Cols, c.Node.I0]);
    }

    private static void RequireRows(string what, Var table, Var elements)
    {
        if (table.Rows < 1 || table.Cols < 1 || elements.Length % table.Rows != 0)
            throw new ArgumentException($"{what}: the table is {table.Shape} for {elements.Shape}; its rows must divide {elements.Length}.");
    }
}

/// <summary>Recording <see cref="PickColumnsOp{T}"/>.</summary>
public static class PickColumnsOpRecording
{
    /// <summary>table[i mod S, index[i] + offset] for every element i.</summary>
    /// <exception cref="ArgumentException">The rows of the table do not divide the number of elements, or an index lies outside.</exception>
    public static Var PickColumns<T>(this Tape<T> tape, Var table, Var index, int offset = 0) where T : unmanaged, IFloatingPointIeee754<T>
        => PickColumnsOp<T>.Record(tape, table, index, offset);

    /// <summary>The bin of every element of x between the knots of its row: a constant.</summary>
    /// <exception cref="ArgumentException">The rows of knots do not divide the number of elements.</exception>
    public static Var Bins<T>(this Tape<T> tape, Var x, Var knots) where T : unmanaged, IFloatingPointIeee754<T> => PickColumnsOp<T>.Bins(tape, x, knots);
}
