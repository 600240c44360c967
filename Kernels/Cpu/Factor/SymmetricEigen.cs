using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations, row-major.</summary>
public static unsafe class SymmetricEigen
{
    private const int MaxSweeps = 60;

    /// <summary>
    /// A = V diag(w) V^T. Only the lower triangle of <paramref name="a"/> ([n x n]) is read. Eigenvalues ascend; eigenvectors are the
    /// columns of <paramref name="vectors"/> ([n x n]), the entry of largest magnitude positive. About 12 n^3 flops a sweep, 5 to 10 sweeps; native scratch.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">No convergence: the matrix holds NaN or infinity.</exception>
    public static void Decompose<T>(ReadOnlySpan<T> a, int n, Span<T> values, Span<T> vectors)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "SymmetricEigen.Decompose", nameof(a));
        Check.Vector(values.Length, n, "SymmetricEigen.Decompose", nameof(values));
        Check.Matrix(vectors.Length, n, n, "SymmetricEigen.Decompose", nameof(vectors));
        using var work = new Scratch<T>(n * n);
        using var rotations = new Scratch<T>(n * n);
        T* w = work.Pointer, v = rotations.Pointer;
        new Span<T>(v, n * n).Clear();
        for (int i = 0; i < n; i++)
        {
            v[i * n + i] = T.One;
            for (int j = 0; j <= i; j++) w[i * n + j] = w[j * n + i] = a[i * n + j];
        }

        Sweep(n, w, v);
        for (int i = 0; i < n; i++) values[i] = w[i * n + i];
        Sort(n, values, v, vectors);
    }

    private static void Sweep<T>(int n, T* w, T* v)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T eps = T.BitIncrement(T.One) - T.One;
        T largest = T.Zero;
        for (int i = 0; i < n * n; i++)
        {
            if (!T.IsFinite(w[i])) throw new ArithmeticException($"SymmetricEigen.Decompose: element {i / n},{i % n} is {w[i]}; the matrix must be finite.");
            largest = T.Max(largest, T.Abs(w[i]));
        }

        // Rotations that cannot change a diagonal in its last digits are skipped once they are also tiny against the whole.
        T floor = largest * eps * eps;
        for (int sweep = 0; sweep < MaxSweeps; sweep++)
        {
            bool rotated = false;
            for (int p = 0; p < n - 1; p++)
                for (int q = p + 1; q < n; q++)
                {
                    T off = w[p * n + q];
                    T size = T.Abs(off);
                    if (size <= floor || size <= eps * T.CreateChecked(0.25) * T.Sqrt(T.Abs(w[p * n + p])) * T.Sqrt(T.Abs(w[q * n + q]))) continue;
                    rotated = true;
                    Rotate(n, w, v, p, q, off);
                }

            if (!rotated) return;
        }

        throw new ArithmeticException($"SymmetricEigen.Decompose: a {n}x{n} matrix did not converge in {MaxSweeps} sweeps.");
    }

    private static void Rotate<T>(int n, T* w, T* v, int p, int q, T off)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T two = T.CreateChecked(2);
        T theta = (w[q * n + q] - w[p * n + p]) / (two * off);
        T t = T.One / (T.Abs(theta) + T.Sqrt(theta * theta + T.One));
        if (T.IsNegative(theta)) t = -t;
        T c = T.One / T.Sqrt(t * t + T.One), s = t * c;
        T dp = w[p * n + p] - t * off, dq = w[q * n + q] + t * off;
        Rows.Rotate(w + p * n, w + q * n, c, s, n);
        // The columns mirror the rows; the 2x2 block in the middle is known in closed form.
        for (int i = 0; i < n; i++)
        {
            w[i * n + p] = w[p * n + i];
            w[i * n + q] = w[q * n + i];
        }

        w[p * n + p] = dp;
        w[q * n + q] = dq;
        w[p * n + q] = w[q * n + p] = T.Zero;
        Rows.Rotate(v + p * n, v + q * n, c, s, n);
    }

    private static void Sort<T>(int n, Span<T> values, T* v, Span<T> vectors)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < n; k++)
        {
            int best = k;
            for (int i = k + 1; i < n; i++)
                if (values[i] < values[best]) best = i;
            (values[k], values[best]) = (values[best], values[k]);
            if (best != k) Rows.Swap(v + k * n, v + best * n, n);
            T* row = v + k * n;
            int top = 0;
            for (int i = 1; i < n; i++)
                if (T.Abs(row[i]) > T.Abs(row[top])) top = i;
            bool flip = T.IsNegative(row[top]);
            for (int i = 0; i < n; i++) vectors[i * n + k] = flip ? -row[i] : row[i];
        }
    }
}
