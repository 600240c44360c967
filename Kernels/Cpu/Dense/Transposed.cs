using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Adding the transpose of a matrix, square block by square block through registers: both matrices are walked along their rows.</summary>
internal static unsafe class Transposed
{
    /// <summary>y[c, r] += scale * x[r, first + c]; x is [rows x cols], y is [count x rows], both row-major.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Add<T>(T scale, ReadOnlySpan<T> x, int rows, int cols, int first, int count, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (first < 0 || count < 0 || first + count > cols || (long)rows * cols > x.Length || (long)count * rows > y.Length)
            throw new ArgumentException($"Transposed.Add: columns {first}..{first + count} of a {rows}x{cols} matrix ({x.Length} elements given) into {y.Length} elements.");
        fixed (T* px = x, py = y)
        {
            bool vectors = typeof(T) == typeof(float) || typeof(T) == typeof(double);
            if (vectors && Vector512.IsHardwareAccelerated) Run<T, Vector512<T>, Lane512<T>>(scale, px + first, rows, cols, count, py);
            else if (vectors && Vector256.IsHardwareAccelerated) Run<T, Vector256<T>, Lane256<T>>(scale, px + first, rows, cols, count, py);
            else if (vectors && Vector128.IsHardwareAccelerated) Run<T, Vector128<T>, Lane128<T>>(scale, px + first, rows, cols, count, py);
            else Edge(scale, px + first, cols, rows, count, py, rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T, V, L>(T scale, T* x, nint rows, nint cols, nint count, T* y)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        nint n = L.Count;
        T* block = stackalloc T[L.Count * L.Count];
        V factor = L.Broadcast(scale);
        nint wholeRows = rows / n * n, wholeColumns = count / n * n;
        // x outermost: it comes from far away, along its rows, while y is a panel that the caller has just written.
        for (nint r = 0; r < wholeRows; r += n)
            for (nint c = 0; c < wholeColumns; c += n)
            {
                for (nint k = 0; k < n; k += L.TransposeColumns) L.Transpose(x + r * cols + c + k, cols, block + k * n, n);
                T* to = y + c * rows + r;
                for (nint k = 0; k < n; k++, to += rows) L.Store(to, L.MultiplyAdd(factor, L.Load(block + k * n), L.Load(to)));
            }
        if (wholeRows < rows) Edge(scale, x + wholeRows * cols, cols, rows - wholeRows, wholeColumns, y + wholeRows, rows);
        if (wholeColumns < count) Edge(scale, x + wholeColumns, cols, rows, count - wholeColumns, y + wholeColumns * rows, rows);
    }

    private static void Edge<T>(T scale, T* x, nint cols, nint rows, nint count, T* y, nint yCols)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (nint r = 0; r < rows; r++)
            for (nint c = 0; c < count; c++) y[c * yCols + r] = T.MultiplyAddEstimate(scale, x[r * cols + c], y[c * yCols + r]);
    }
}
