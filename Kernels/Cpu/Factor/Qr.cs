using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Householder QR with explicit Q, row-major.</summary>
public static unsafe class Qr
{
    /// <summary>
    /// A = Q R for A [rows x cols], rows >= cols: Q [rows x cols] with orthonormal columns, R [cols x cols] upper triangular with a
    /// non-negative diagonal. 4 rows cols^2 flops; native scratch. Golub and Van Loan, algorithm 5.2.1.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short, or rows &lt; cols.</exception>
    public static void Factor<T>(ReadOnlySpan<T> a, int rows, int cols, Span<T> q, Span<T> r)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, rows, cols, "Qr.Factor", nameof(a));
        Check.Matrix(q.Length, rows, cols, "Qr.Factor", nameof(q));
        Check.Matrix(r.Length, cols, cols, "Qr.Factor", nameof(r));
        if (rows < cols) throw new ArgumentException($"Qr.Factor: a is {rows}x{cols}; there must be at least as many rows as columns, factor the transpose.", nameof(a));
        using var scratch = new Scratch<T>(2 * cols + rows);
        T* tau = scratch.Pointer, sums = tau + cols, v = sums + cols;
        a[..(rows * cols)].CopyTo(q);
        r[..(cols * cols)].Clear();
        fixed (T* w = q, pr = r)
        {
            for (int k = 0; k < cols; k++)
            {
                tau[k] = Reflector(w, rows, cols, k);
                for (int i = k; i < rows; i++) v[i] = i == k ? T.One : w[i * cols + k];
                Apply(w, rows, cols, k, k + 1, v, tau[k], sums);
            }

            for (int i = 0; i < cols; i++)
                for (int j = i; j < cols; j++) pr[i * cols + j] = w[i * cols + j];

            // Q = H_0 ... H_{cols-1} I, from the back so that the vectors still stored are not overwritten.
            for (int k = cols - 1; k >= 0; k--)
            {
                for (int i = k; i < rows; i++)
                {
                    v[i] = i == k ? T.One : w[i * cols + k];
                    w[i * cols + k] = i == k ? T.One : T.Zero;
                }

                for (int j = k + 1; j < cols; j++) w[k * cols + j] = T.Zero;
                Apply(w, rows, cols, k, k, v, tau[k], sums);
            }

            for (int k = 0; k < cols; k++)
            {
                if (!(pr[k * cols + k] < T.Zero)) continue;
                for (int j = k; j < cols; j++) pr[k * cols + j] = -pr[k * cols + j];
                for (int i = 0; i < rows; i++) w[i * cols + k] = -w[i * cols + k];
            }
        }
    }

    /// <summary>Makes the vector that annihilates column k below the diagonal; stores it below the diagonal (first entry 1 implied) and returns tau.</summary>
    private static T Reflector<T>(T* w, int rows, int cols, int k)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T scale = T.Zero;
        for (int i = k + 1; i < rows; i++) scale = T.Max(scale, T.Abs(w[i * cols + k]));
        if (T.IsZero(scale)) return T.Zero;
        T alpha = w[k * cols + k];
        scale = T.Max(scale, T.Abs(alpha));
        T sum = T.Zero;
        for (int i = k; i < rows; i++)
        {
            T x = w[i * cols + k] / scale;
            sum += x * x;
        }

        T norm = scale * T.Sqrt(sum);
        T beta = T.IsNegative(alpha) ? norm : -norm;
        T first = alpha - beta;
        for (int i = k + 1; i < rows; i++) w[i * cols + k] /= first;
        w[k * cols + k] = beta;
        return -first / beta;
    }

    /// <summary>Columns from..cols become (I - tau v v^T) of themselves.</summary>
    private static void Apply<T>(T* w, int rows, int cols, int k, int from, T* v, T tau, T* sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int count = cols - from;
        if (count == 0 || T.IsZero(tau)) return;
        new Span<T>(sums, count).Clear();
        for (int i = k; i < rows; i++) Rows.SubtractScaled(sums, w + i * cols + from, -v[i], count);
        for (int i = k; i < rows; i++) Rows.SubtractScaled(w + i * cols + from, sums, tau * v[i], count);
    }
}
