using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Singular value decomposition by one-sided Jacobi rotations, row-major. Small singular values keep their relative accuracy where the columns' scaling allows (Demmel and Veselic 1992), down to about 1e-150 of the largest element in double and 1e-18 in float, where squares vanish.</summary>
public static unsafe class Svd
{
    private const int MaxSweeps = 60;

    /// <summary>A = U diag(s) V^T for A [rows x cols], rows >= cols: U [rows x cols], s [cols] descending, V [cols x cols]. Native scratch; about 6 rows cols^2 flops a sweep.</summary>
    /// <exception cref="ArgumentException">A span is too short, or rows &lt; cols.</exception>
    /// <exception cref="ArithmeticException">The matrix holds NaN or infinity, or no convergence.</exception>
    public static void Decompose<T>(ReadOnlySpan<T> a, int rows, int cols, Span<T> u, Span<T> s, Span<T> v)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, rows, cols, "Svd.Decompose", nameof(a));
        Check.Matrix(u.Length, rows, cols, "Svd.Decompose", nameof(u));
        Check.Vector(s.Length, cols, "Svd.Decompose", nameof(s));
        Check.Matrix(v.Length, cols, cols, "Svd.Decompose", nameof(v));
        if (rows < cols) throw new ArgumentException($"Svd.Decompose: a is {rows}x{cols}; there must be at least as many rows as columns, decompose the transpose.", nameof(a));
        // Columns are kept as rows, so that a rotation walks contiguous memory.
        using var work = new Scratch<T>(rows * cols);
        using var right = new Scratch<T>(cols * cols);
        T* w = work.Pointer, vt = right.Pointer;
        fixed (T* pa = a, pu = u, pv = v)
        {
            T scale = Load(pa, rows, cols, w);
            new Span<T>(vt, cols * cols).Clear();
            for (int i = 0; i < cols; i++) vt[i * cols + i] = T.One;
            Sweep(rows, cols, w, vt);
            Finish(rows, cols, w, vt, s);
            for (int j = 0; j < cols; j++) s[j] *= scale;
            Transposition.Run(w, rows, pu, cols, cols, rows);
            Transposition.Run(vt, cols, pv, cols, cols, cols);
        }
    }

    /// <summary>Only the singular values, descending: s [cols].</summary>
    /// <exception cref="ArgumentException">A span is too short, or rows &lt; cols.</exception>
    /// <exception cref="ArithmeticException">The matrix holds NaN or infinity, or no convergence.</exception>
    public static void Values<T>(ReadOnlySpan<T> a, int rows, int cols, Span<T> s)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var left = new Scratch<T>(rows * cols);
        using var right = new Scratch<T>(cols * cols);
        Decompose(a, rows, cols, new Span<T>(left.Pointer, rows * cols), s, new Span<T>(right.Pointer, cols * cols));
    }

    /// <summary>2-norm condition number, largest over smallest singular value; infinity for a singular matrix. [n x n].</summary>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static double ConditionNumber<T>(ReadOnlySpan<T> a, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0) return 0;
        using var values = new Scratch<T>(n);
        Values(a, n, n, new Span<T>(values.Pointer, n));
        return double.CreateTruncating(values.Pointer[0]) / double.CreateTruncating(values.Pointer[n - 1]);
    }

    /// <summary>Copies A^T divided by a power of two near its largest element: squares then neither overflow nor vanish.</summary>
    private static T Load<T>(T* a, int rows, int cols, T* w)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T largest = T.Zero;
        for (int i = 0; i < rows * cols; i++)
        {
            if (!T.IsFinite(a[i])) throw new ArithmeticException($"Svd.Decompose: element {i / cols},{i % cols} is {a[i]}; the matrix must be finite.");
            largest = T.Max(largest, T.Abs(a[i]));
        }

        T scale = T.IsZero(largest) ? T.One : T.ScaleB(T.One, T.ILogB(largest));
        Transposition.Run(a, cols, w, rows, rows, cols);
        Rows.Divide(w, scale, rows * cols);
        return scale;
    }

    private static void Sweep<T>(int rows, int cols, T* w, T* vt)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T eps = T.BitIncrement(T.One) - T.One, two = T.CreateChecked(2);
        T tolerance = eps * T.Sqrt(T.CreateChecked(rows));
        for (int sweep = 0; sweep < MaxSweeps; sweep++)
        {
            bool rotated = false;
            for (int p = 0; p < cols - 1; p++)
                for (int q = p + 1; q < cols; q++)
                {
                    T* x = w + p * rows;
                    T* y = w + q * rows;
                    T xx = Rows.Dot(x, x, rows), yy = Rows.Dot(y, y, rows), xy = Rows.Dot(x, y, rows);
                    if (T.IsZero(xy) || T.Abs(xy) <= tolerance * T.Sqrt(xx) * T.Sqrt(yy)) continue;
                    rotated = true;
                    T theta = (yy - xx) / (two * xy);
                    T t = T.One / (T.Abs(theta) + T.Sqrt(theta * theta + T.One));
                    if (T.IsNegative(theta)) t = -t;
                    T c = T.One / T.Sqrt(t * t + T.One);
                    Rows.Rotate(x, y, c, t * c, rows);
                    Rows.Rotate(vt + p * cols, vt + q * cols, c, t * c, cols);
                }

            if (!rotated) return;
        }

        throw new ArithmeticException($"Svd.Decompose: a {rows}x{cols} matrix did not converge in {MaxSweeps} sweeps.");
    }

    /// <summary>Norms, order, unit left vectors; where a singular value is zero the left vector is completed to an orthonormal set.</summary>
    private static void Finish<T>(int rows, int cols, T* w, T* vt, Span<T> s)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int j = 0; j < cols; j++) s[j] = T.Sqrt(Rows.Dot(w + j * rows, w + j * rows, rows));
        for (int k = 0; k < cols; k++)
        {
            int best = k;
            for (int j = k + 1; j < cols; j++)
                if (s[j] > s[best]) best = j;
            if (best != k)
            {
                (s[k], s[best]) = (s[best], s[k]);
                Rows.Swap(w + k * rows, w + best * rows, rows);
                Rows.Swap(vt + k * cols, vt + best * cols, cols);
            }

            if (s[k] > T.Zero) Rows.Divide(w + k * rows, s[k], rows);
            else Complete(rows, k, w);
        }
    }

    private static void Complete<T>(int rows, int k, T* w)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* x = w + k * rows;
        for (int axis = 0; axis < rows; axis++)
        {
            new Span<T>(x, rows).Clear();
            x[axis] = T.One;
            // Twice is enough (Parlett).
            for (int pass = 0; pass < 2; pass++)
                for (int j = 0; j < k; j++) Rows.SubtractScaled(x, w + j * rows, Rows.Dot(x, w + j * rows, rows), rows);
            T norm = T.Sqrt(Rows.Dot(x, x, rows));
            // Some axis keeps at least sqrt((rows - k) / rows) of its length.
            if (norm * T.Sqrt(T.CreateChecked(2 * rows)) < T.One) continue;
            Rows.Divide(x, norm, rows);
            return;
        }
    }
}
