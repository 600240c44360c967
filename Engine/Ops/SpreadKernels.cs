using System.Numerics;
using System.Numerics.Tensors;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Elementwise kernels whose second operand b spreads over the first. Sizes of all: rows, cols, broadcast.</summary>
internal static class SpreadKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Slices a, b, y; real s: y = a + s b.</summary>
    public static readonly KernelId Add = CpuKernels<T>.Define("add",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T s = a.Real(0);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    y[r * cols + c] = x[r * cols + c] + s * b[BroadcastIndex.Of(a.Size(2), r, c, cols)];
        },
        static (in CpuArgs<T> a) =>
        {
            Broadcast spread = (Broadcast)a.Size(2);
            T s = a.Real(0);
            Span<T> x = a[0], b = a[1], y = a[2];
            if (spread == Broadcast.Row && s == T.One)
            {
                MatrixOps.AddRowVector<T>(x, b, y);
                return;
            }
            for (int i = 0; i < Rows(spread, a.Size(0)); i++)
            {
                Span<T> xr = Row(x, a, i), yr = Row(y, a, i);
                if (spread is Broadcast.None or Broadcast.Row) TensorPrimitives.MultiplyAdd(b, s, xr, yr);
                else TensorPrimitives.Add(xr, s * b[i], yr);
            }
        });

    /// <summary>Slices a, b, y: y = a b.</summary>
    public static readonly KernelId Multiply = CpuKernels<T>.Define("multiply",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    y[r * cols + c] = x[r * cols + c] * b[BroadcastIndex.Of(a.Size(2), r, c, cols)];
        },
        static (in CpuArgs<T> a) =>
        {
            Broadcast spread = (Broadcast)a.Size(2);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int i = 0; i < Rows(spread, a.Size(0)); i++)
            {
                Span<T> xr = Row(x, a, i), yr = Row(y, a, i);
                if (spread is Broadcast.None or Broadcast.Row) TensorPrimitives.Multiply(xr, b, yr);
                else TensorPrimitives.Multiply(xr, b[i], yr);
            }
        });

    /// <summary>Slices a, b, y: y += a b.</summary>
    public static readonly KernelId AddMultiply = CpuKernels<T>.Define("add-multiply",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    y[r * cols + c] += x[r * cols + c] * b[BroadcastIndex.Of(a.Size(2), r, c, cols)];
        },
        static (in CpuArgs<T> a) =>
        {
            Broadcast spread = (Broadcast)a.Size(2);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int i = 0; i < Rows(spread, a.Size(0)); i++)
            {
                Span<T> xr = Row(x, a, i), yr = Row(y, a, i);
                if (spread is Broadcast.None or Broadcast.Row) VectorOps.AddProduct<T>(xr, b, yr);
                else VectorOps.AddScaled(b[i], xr, yr);
            }
        });

    /// <summary>Slices a, b, y: y = a / b.</summary>
    public static readonly KernelId Divide = CpuKernels<T>.Define("divide",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    y[r * cols + c] = x[r * cols + c] / b[BroadcastIndex.Of(a.Size(2), r, c, cols)];
        },
        static (in CpuArgs<T> a) =>
        {
            Broadcast spread = (Broadcast)a.Size(2);
            Span<T> x = a[0], b = a[1], y = a[2];
            for (int i = 0; i < Rows(spread, a.Size(0)); i++)
            {
                Span<T> xr = Row(x, a, i), yr = Row(y, a, i);
                if (spread is Broadcast.None or Broadcast.Row) TensorPrimitives.Divide(xr, b, yr);
                else TensorPrimitives.Divide(xr, b[i], yr);
            }
        });

    /// <summary>Slices v, y; real s: y += s v.</summary>
    public static readonly KernelId AddSpread = CpuKernels<T>.Define("add-spread",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T s = a.Real(0);
            Span<T> v = a[0], y = a[1];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    y[r * cols + c] += s * v[BroadcastIndex.Of(a.Size(2), r, c, cols)];
        },
        static (in CpuArgs<T> a) =>
        {
            Broadcast spread = (Broadcast)a.Size(2);
            T s = a.Real(0);
            Span<T> v = a[0], y = a[1];
            for (int i = 0; i < Rows(spread, a.Size(0)); i++)
            {
                Span<T> yr = Row(y, a, i);
                if (spread is Broadcast.None or Broadcast.Row) VectorOps.AddScaled(s, v, yr);
                else TensorPrimitives.Add(yr, s * v[i], yr);
            }
        });

    /// <summary>Slices a, w, db; real s: db += s (a w summed over what b was spread over).</summary>
    public static readonly KernelId ReduceProduct = CpuKernels<T>.Define("reduce-product",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T s = a.Real(0);
            Span<T> x = a[0], w = a[1], db = a[2];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    db[BroadcastIndex.Of(a.Size(2), r, c, cols)] += s * (x[r * cols + c] * w[r * cols + c]);
        },
        static (in CpuArgs<T> a) =>
        {
            Broadcast spread = (Broadcast)a.Size(2);
            T s = a.Real(0);
            Span<T> x = a[0], w = a[1], db = a[2];
            if (spread == Broadcast.Scalar)
            {
                db[0] += s * VectorOps.Dot<T>(x, w);
                return;
            }
            for (int r = 0; r < a.Size(0); r++)
            {
                Span<T> xr = RowOf(x, a, r), wr = RowOf(w, a, r);
                if (spread == Broadcast.Column)
                {
                    db[r] += s * VectorOps.Dot<T>(xr, wr);
                    continue;
                }
                Span<T> target = spread == Broadcast.Row ? db : RowOf(db, a, r);
                if (s == T.One) VectorOps.AddProduct<T>(xr, wr, target);
                else for (int c = 0; c < target.Length; c++) target[c] += s * (xr[c] * wr[c]);
            }
        });

    // Without a row structure in b the whole array is one row.
    private static int Rows(Broadcast spread, int rows) => spread is Broadcast.None or Broadcast.Scalar ? 1 : rows;

    private static Span<T> Row(Span<T> x, in CpuArgs<T> a, int row)
        => (Broadcast)a.Size(2) is Broadcast.None or Broadcast.Scalar ? x : RowOf(x, a, row);

    private static Span<T> RowOf(Span<T> x, in CpuArgs<T> a, int row) => x.Slice(row * a.Size(1), a.Size(1));
}
