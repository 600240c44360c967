using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Eigenvalues alone of a symmetric matrix: Householder reflections to a tridiagonal matrix, then implicit QL steps.</summary>
/// <remarks>
/// Each value is right to a small multiple of eps times the largest: for the small values of a badly conditioned matrix <see cref="SymmetricEigen"/>
/// can be better, at 5 (n = 64) to 60 (n = 784) times the time. Sources: Golub and Van Loan, Matrix Computations, 8.3; EISPACK imtql1.
/// </remarks>
public static unsafe class SymmetricEigenvalues
{
    private const int MaxSteps = 60;

    /// <summary>Ascending eigenvalues of A. Only the lower triangle of <paramref name="a"/> ([n x n], row-major) is read. About 8/3 n^3 flops; native scratch.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">The matrix holds NaN or infinity, or no convergence.</exception>
    public static void Compute<T>(ReadOnlySpan<T> a, int n, Span<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "SymmetricEigenvalues.Compute", nameof(a));
        Check.Vector(values.Length, n, "SymmetricEigenvalues.Compute", nameof(values));
        if (n == 0) return;
        using var matrix = new Scratch<T>(n * n);
        using var vectors = new Scratch<T>(3 * n);
        T* w = matrix.Pointer, off = vectors.Pointer;
        T largest = T.Zero;
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
            {
                T v = a[i * n + j];
                if (!T.IsFinite(v)) throw new ArithmeticException($"SymmetricEigenvalues.Compute: element {i},{j} is {v}; the matrix must be finite.");
                largest = T.Max(largest, T.Abs(v));
                w[i * n + j] = w[j * n + i] = v;
            }

        // At unit size nothing overflows or vanishes on the way.
        if (largest != T.Zero)
            for (int i = 0; i < n; i++) Rows.Divide(w + i * n, largest, n);
        Span<T> diagonal = values[..n];
        Tridiagonalize(w, n, diagonal, off, off + n);
        Diagonalize(diagonal, off, n);
        diagonal.Sort();
        for (int i = 0; i < n; i++) diagonal[i] *= largest;
    }

    // Row k is reflected to (.., d_k, e_k, 0 ..); what is left of the matrix gets the same reflection from both sides, a rank-2 update.
    private static void Tridiagonalize<T>(T* w, int n, Span<T> d, T* e, T* q)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T two = T.CreateChecked(2);
        for (int k = 0; k < n - 1; k++)
        {
            int m = n - k - 1;
            T* v = w + k * n + k + 1, rest = w + (k + 1) * n + k + 1;
            d[k] = w[k * n + k];
            T tail = Rows.Dot(v + 1, v + 1, m - 1);
            if (tail == T.Zero)
            {
                e[k] = v[0];
                continue;
            }

            T norm = T.Sqrt(v[0] * v[0] + tail);
            T reflected = T.IsNegative(v[0]) ? norm : -norm;
            v[0] -= reflected;
            T beta = two / (v[0] * v[0] + tail);
            e[k] = reflected;
            for (int i = 0; i < m; i++) q[i] = beta * Rows.Dot(rest + i * n, v, m);
            Rows.SubtractScaled(q, v, beta / two * Rows.Dot(q, v, m), m);
            for (int i = 0; i < m; i++)
            {
                Rows.SubtractScaled(rest + i * n, q, v[i], m);
                Rows.SubtractScaled(rest + i * n, v, q[i], m);
            }
        }

        d[n - 1] = w[n * n - 1];
        e[n - 1] = T.Zero;
    }

    private static void Diagonalize<T>(Span<T> d, T* e, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T eps = T.BitIncrement(T.One) - T.One, floor = eps * eps;
        for (int first = 0; first < n; first++)
            for (int step = 0; ; step++)
            {
                int last = first;
                while (last < n - 1 && T.Abs(e[last]) > T.Max(floor, eps * (T.Abs(d[last]) + T.Abs(d[last + 1])))) last++;
                if (last == first) break;
                if (step == MaxSteps) throw new ArithmeticException($"SymmetricEigenvalues.Compute: eigenvalue {first} of a {n}x{n} matrix did not converge in {MaxSteps} steps.");
                Chase(d, e, first, last);
            }
    }

    // One QL step with Wilkinson's shift on the unreduced block first .. last: a bulge runs from its end to its beginning.
    private static void Chase<T>(Span<T> d, T* e, int first, int last)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T two = T.CreateChecked(2);
        T half = (d[first + 1] - d[first]) / (two * e[first]), root = T.Hypot(half, T.One);
        T g = d[last] - d[first] + e[first] / (half + T.CopySign(root, half));
        T sine = T.One, cosine = T.One, p = T.Zero;
        for (int i = last - 1; i >= first; i--)
        {
            T f = sine * e[i], b = cosine * e[i], r = T.Hypot(f, g);
            e[i + 1] = r;
            if (r == T.Zero)
            {
                // The block has come apart here.
                d[i + 1] -= p;
                e[last] = T.Zero;
                return;
            }

            sine = f / r;
            cosine = g / r;
            g = d[i + 1] - p;
            r = (d[i] - g) * sine + two * cosine * b;
            p = sine * r;
            d[i + 1] = g + p;
            g = cosine * r - b;
        }

        d[first] -= p;
        e[first] = g;
        e[last] = T.Zero;
    }
}
