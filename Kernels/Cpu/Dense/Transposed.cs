using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Adding the transpose of a matrix, square block by square block through registers: both matrices are walked along their rows.</summary>
internal static unsafe class Transposed
{
    /// <summary>y[c * yStride + r] += scale * x[r * xStride + c] for r below <paramref name="rows"/> and c below <paramref name="cols"/>.</summary>
    /// <exception cref="ArgumentException">A stride is shorter than a row, or a span too short.</exception>
    public static void Add<T>(T scale, ReadOnlySpan<T> x, int xStride, int rows, int cols, Span<T> y, int yStride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (rows == 0 || cols == 0) return;
        if (rows < 0 || cols < 0 || xStride < cols || yStride < rows
            || (rows - 1L) * xStride + cols > x.Length || (cols - 1L) * yStride + rows > y.Length)
            throw new ArgumentException($"Transposed.Add: {rows}x{cols} with row strides {xStride} and {yStride} does not fit {x.Length} and {y.Length} elements.");
        fixed (T* px = x, py = y)
        {
            bool vectors = typeof(T) == typeof(float) || typeof(T) == typeof(double);
            if (vectors && Vector512.IsHardwareAccelerated) Run<T, Vector512<T>, Lane512<T>>(scale, px, xStride, rows, cols, py, yStride);
            else if (vectors && Vector256.IsHardwareAccelerated) Run<T, Vector256<T>, Lane256<T>>(scale, px, xStride, rows, cols, py, yStride);
            else if (vectors && Vector128.IsHardwareAccelerated) Run<T, Vector128<T>, Lane128<T>>(scale, px, xStride, rows, cols, py, yStride);
            else Edge(scale, px, xStride, rows, cols, py, yStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T, V, L>(T scale, T* x, nint xStride, nint rows, nint cols, T* y, nint yStride)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        nint n = L.Count;
        T* block = stackalloc T[L.Count * L.Count];
        V factor = L.Broadcast(scale);
        nint wholeRows = rows / n * n, wholeColumns = cols / n * n;
        // x outermost: it comes from far away, along its rows, while y is a block that the caller has just written.
        for (nint r = 0; r < wholeRows; r += n)
            for (nint c = 0; c < wholeColumns; c += n)
            {
                for (nint k = 0; k < n; k += L.TransposeColumns) L.Transpose(x + r * xStride + c + k, xStride, block + k * n, n);
                T* to = y + c * yStride + r;
                for (nint k = 0; k < n; k++, to += yStride) L.Store(to, L.MultiplyAdd(factor, L.Load(block + k * n), L.Load(to)));
            }
        if (wholeRows < rows) Edge(scale, x + wholeRows * xStride, xStride, rows - wholeRows, wholeColumns, y + wholeRows, yStride);
        if (wholeColumns < cols) Edge(scale, x + wholeColumns, xStride, rows, cols - wholeColumns, y + wholeColumns * yStride, yStride);
    }

    private static void Edge<T>(T scale, T* x, nint xStride, nint rows, nint cols, T* y, nint yStride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (nint r = 0; r < rows; r++)
            for (nint c = 0; c < cols; c++) y[c * yStride + r] = T.MultiplyAddEstimate(scale, x[r * xStride + c], y[c * yStride + r]);
    }
}
