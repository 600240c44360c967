using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Householder QR with explicit Q, row-major. Panels of reflectors are applied together as I - V T V^T (Schreiber and Van Loan 1989), by matrix products.</summary>
public static unsafe class Qr
{
    /// <summary>Columns in a panel.</summary>
    private const int Panel = 32;

    /// <summary>
    /// A = Q R for A [rows x cols], rows >= cols: Q [rows x cols] with orthonormal columns, R [cols x cols] upper triangular with a
    /// non-negative diagonal. 4 rows cols^2 - 4/3 cols^3 flops; native scratch of about 64 rows + 64 cols. Golub and Van Loan, 5.2.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short, or rows &lt; cols.</exception>
    public static void Factor<T>(ReadOnlySpan<T> a, int rows, int cols, Span<T> q, Span<T> r, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, rows, cols, "Qr.Factor", nameof(a));
        Check.Matrix(q.Length, rows, cols, "Qr.Factor", nameof(q));
        Check.Matrix(r.Length, cols, cols, "Qr.Factor", nameof(r));
        if (rows < cols) throw new ArgumentException($"Qr.Factor: a is {rows}x{cols}; there must be at least as many rows as columns, factor the transpose.", nameof(a));
        int panels = (cols + Panel - 1) / Panel;
        using var scratch = new Scratch<T>((rows * 2 + cols * 2 + panels * Panel) * Panel);
        a[..(rows * cols)].CopyTo(q);
        fixed (T* w = q, pr = r)
        {
            var work = new Blocks<T>(rows, cols, w, scratch.Pointer, workers);
            for (int panel = 0; panel < panels; panel++) work.Reduce(panel * Panel);
            for (int i = 0; i < cols; i++)
            {
                new Span<T>(pr + i * cols, i).Clear();
                new Span<T>(w + i * cols + i, cols - i).CopyTo(new Span<T>(pr + i * cols + i, cols - i));
            }

            for (int panel = panels - 1; panel >= 0; panel--) work.Expand(panel * Panel);

            T* signs = scratch.Pointer;
            for (int k = 0; k < cols; k++)
            {
                signs[k] = pr[k * cols + k] < T.Zero ? T.NegativeOne : T.One;
                if (signs[k] < T.Zero) Rows.Scale(pr + k * cols + k, T.NegativeOne, cols - k);
            }

            for (int i = 0; i < rows; i++) Rows.Multiply(w + i * cols, signs, cols);
        }
    }

    /// <summary>The matrix while it is worked on, and where its pieces are. Below the diagonal a column holds its reflector, whose first entry is 1.</summary>
    private readonly struct Blocks<T>(int rows, int cols, T* w, T* scratch, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // V transposed (a column is contiguous), V, two strips of products, T of every panel.
        private readonly T* across = scratch, v = scratch + rows * Panel, first = scratch + 2 * rows * Panel, second = scratch + (2 * rows + cols) * Panel;
        private readonly T* triangles = scratch + 2 * (rows + cols) * Panel;

        /// <summary>Makes the reflectors of the panel at column k and applies them to what lies to its right.</summary>
        public void Reduce(int k)
        {
            int width = Math.Min(Panel, cols - k), height = rows - k;
            T* tau = first, corner = w + (nint)k * cols + k;
            Transposition.Run(corner, cols, across, height, height, width);
            for (int j = 0; j < width; j++)
            {
                T* x = across + (nint)j * height + j;
                tau[j] = Reflector(x, height - j);
                if (T.IsZero(tau[j])) continue;
                T beta = *x;
                *x = T.One;
                for (int c = j + 1; c < width; c++)
                {
                    T* y = across + (nint)c * height + j;
                    Rows.SubtractScaled(y, x, tau[j] * Rows.Dot(x, y, height - j), height - j);
                }

                *x = beta;
            }

            Transposition.Run(across, height, corner, cols, width, height);
            Unit(width, height);
            Triangle(triangles + (nint)k * Panel, tau, width, height);
            Apply(true, k, width, height, corner + width, cols - k - width);
        }

        /// <summary>Puts the panel's reflectors before the columns of Q that are there already, to its right.</summary>
        public void Expand(int k)
        {
            int width = Math.Min(Panel, cols - k), height = rows - k;
            T* corner = w + (nint)k * cols + k;
            Transposition.Run(corner, cols, across, height, height, width);
            Unit(width, height);
            for (int i = 0; i < height; i++)
            {
                new Span<T>(corner + (nint)i * cols, i < width ? cols - k : width).Clear();
                if (i < width) corner[(nint)i * cols + i] = T.One;
            }

            Apply(false, k, width, height, corner, cols - k);
        }

        /// <summary>C = (I - V T V^T) C, or with T^T.</summary>
        private void Apply(bool transpose, int k, int width, int height, T* c, int count)
        {
            if (count == 0) return;
            Transposition.Run(across, height, v, width, width, height);
            Gemm.Run(false, false, width, count, height, T.One, across, height, c, cols, false, first, count, workers);
            Gemm.Run(transpose, false, width, count, width, T.One, triangles + (nint)k * Panel, width, first, count, false, second, count, workers);
            Gemm.Run(false, false, height, count, width, T.NegativeOne, v, width, second, count, true, c, cols, workers);
        }

        /// <summary>Ones and zeros in place of R.</summary>
        private void Unit(int width, int height)
        {
            for (int j = 0; j < width; j++)
            {
                new Span<T>(across + (nint)j * height, j).Clear();
                across[(nint)j * height + j] = T.One;
            }
        }

        /// <summary>T upper triangular with H_0 ... H_{width-1} = I - V T V^T: column j is tau_j (-T V^T v_j, 1).</summary>
        private void Triangle(T* t, T* tau, int width, int height)
        {
            new Span<T>(t, width * width).Clear();
            T* dots = stackalloc T[Panel];
            for (int j = 0; j < width; j++)
            {
                for (int i = 0; i < j; i++) dots[i] = Rows.Dot(across + (nint)i * height + j, across + (nint)j * height + j, height - j);
                for (int i = 0; i < j; i++)
                {
                    T sum = T.Zero;
                    for (int p = i; p < j; p++) sum += t[i * width + p] * dots[p];
                    t[i * width + j] = -tau[j] * sum;
                }

                t[j * width + j] = tau[j];
            }
        }

        /// <summary>Makes the vector that annihilates x beyond its first element, which becomes the element that is left; returns tau. Scaled, so that no square overflows.</summary>
        private static T Reflector(T* x, int n)
        {
            T scale = T.Zero;
            for (int i = 1; i < n; i++) scale = T.Max(scale, T.Abs(x[i]));
            if (T.IsZero(scale)) return T.Zero;
            scale = T.Max(scale, T.Abs(*x));
            Rows.Divide(x, scale, n);
            T alpha = *x, norm = T.Sqrt(Rows.Dot(x, x, n)), beta = T.IsNegative(alpha) ? norm : -norm, head = alpha - beta;
            Rows.Divide(x + 1, head, n - 1);
            *x = scale * beta;
            return -head / beta;
        }
    }
}
