using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[r, :] = exp(x[r, :]) / sum of exp(x[r, :]): weights that sum to one in every row.</summary>
public sealed class RowSoftmaxOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RowSoftmaxOp<T> Instance = new();

    // Slices x, y; sizes rows, cols.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("row-softmax",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < rows; r++)
            {
                T max = T.NegativeInfinity, sum = T.Zero;
                for (int c = 0; c < cols; c++) max = T.Max(max, x[r * cols + c]);
                for (int c = 0; c < cols; c++) sum += y[r * cols + c] = T.Exp(x[r * cols + c] - max);
                for (int c = 0; c < cols; c++) y[r * cols + c] /= sum;
            }
        },
        static (in CpuArgs<T> a) => MatrixOps.RowSoftmax<T>(a[0], a.Size(0), a[1]));

    // Slices y, v, w; sizes rows, cols: w += y (v - sum(y v)); the Jacobian is symmetric, so vjp and jvp are one formula.
    private static readonly KernelId JacobianKernel = CpuKernels<T>.Define("row-softmax-jacobian",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> y = a[0], v = a[1], w = a[2];
            for (int r = 0; r < rows; r++)
            {
                T dot = T.Zero;
                for (int c = 0; c < cols; c++) dot += y[r * cols + c] * v[r * cols + c];
                for (int c = 0; c < cols; c++) w[r * cols + c] += y[r * cols + c] * (v[r * cols + c] - dot);
            }
        },
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> y = a[0], v = a[1], w = a[2];
            for (int r = 0; r < rows; r++)
            {
                Span<T> yr = y.Slice(r * cols, cols), vr = v.Slice(r * cols, cols), wr = w.Slice(r * cols, cols);
                VectorOps.AddProduct<T>(yr, vr, wr);
                VectorOps.AddScaled(-VectorOps.Dot<T>(yr, vr), yr, wr);
            }
        });

    /// <inheritdoc/>
    public override string Name => "row-softmax";

    /// <inheritdoc/>
    public override string Formula => "y = exp(x) / sum(exp(x)) by row;  dx = y (dy - sum(y dy))";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Outputs;

    /// <summary>Records the softmax of each row. Cost: one exp an element; backward needs none.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, x.Cols).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], [c.Out().Rows, c.Out().Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(JacobianKernel, [c.Y(), c.Dy(), c.Dx(0)], [c.Out().Rows, c.Out().Cols]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(JacobianKernel, [c.Y(), c.Tx(0), c.Ty()], [c.Out().Rows, c.Out().Cols]);
    }
}

/// <summary>Recording <see cref="RowSoftmaxOp{T}"/>.</summary>
public static class RowSoftmaxOpRecording
{
    /// <summary>Softmax of each row.</summary>
    public static Var RowSoftmax<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => RowSoftmaxOp<T>.Record(tape, x);
}
