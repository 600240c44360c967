using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The algorithm of <see cref="MatrixExponential"/>: every matrix is a value with, where asked for, a tangent behind it.</summary>
internal static unsafe class ExponentialSteps
{
    // Pade coefficients of exp, numerators of degree 3, 5, 7, 9, 13; the denominator alternates their signs.
    private static readonly double[][] Coefficients =
    [
        [120, 60, 12, 1],
        [30240, 15120, 3360, 420, 30, 1],
        [17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1],
        [17643225600, 8821612800, 2075673600, 302702400, 30270240, 2162160, 110880, 3960, 90, 1],
        [64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1],
    ];

    // Largest 1-norms for which a degree is exact to rounding: Higham 2005, tables 2.3 and 2.4; with a tangent Al-Mohy and Higham 2009, table 6.1.
    private static readonly double[] ValueDouble = [1.495585217958292e-2, 2.539398330063230e-1, 9.504178996162932e-1, 2.097847961257068, 5.371920351148152];
    private static readonly double[] ValueSingle = [4.258730016922831e-1, 1.880152677804762, 3.925724783138660];
    private static readonly double[] Tangent = [1.08e-2, 2.00e-1, 7.83e-1, 1.78, 4.74];

    public static void Run<T>(T* a, T* direction, int n, bool transposed, T* value, T* tangent, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0) return;
        double norm = Norm(a, n);
        if (!double.IsFinite(norm)) throw new ArithmeticException($"MatrixExponential: the 1-norm of the {n}x{n} matrix is {norm}; all elements must be finite.");

        double[] limits = direction != null ? Tangent : typeof(T) == typeof(float) ? ValueSingle : ValueDouble;
        int kind = 0;
        while (kind < limits.Length - 1 && norm > limits[kind]) kind++;
        int squarings = norm > limits[^1] ? Math.Max(0, (int)Math.Ceiling(Math.Log2(norm / limits[^1]))) : 0;

        int planes = direction != null ? 2 : 1, size = planes * n * n;
        using var scratch = new Scratch<T>(8 * size);
        using var pivotBlock = new Scratch<int>(n);
        T* p = scratch.Pointer;
        var m = new Duals<T>(n, direction != null, pivotBlock.Pointer, workers);
        T* x = p, x2 = p + size, x4 = p + 2 * size, x6 = p + 3 * size, even = p + 4 * size, odd = p + 5 * size, t = p + 6 * size, u = p + 7 * size;
        T scale = T.ScaleB(T.One, -squarings);
        Load(a, n, transposed, scale, x);
        if (direction != null) Load(direction, n, false, scale, x + n * n);

        double[] b = Coefficients[kind];
        m.Multiply(x, x, x2);
        if (kind == 4)
        {
            m.Multiply(x2, x2, x4);
            m.Multiply(x4, x2, x6);
            m.Combine(t, b[13], x6, b[11], x4, b[9], x2, 0);
            m.Multiply(x6, t, odd);
            m.Combine(t, b[7], x6, b[5], x4, b[3], x2, b[1]);
            m.Add(odd, t);
            m.Combine(t, b[12], x6, b[10], x4, b[8], x2, 0);
            m.Multiply(x6, t, even);
            m.Combine(t, b[6], x6, b[4], x4, b[2], x2, b[0]);
            m.Add(even, t);
        }
        else
        {
            // Horner in x2: at degree 9 as many products as powers would take.
            int top = b.Length - 1;
            m.Combine(odd, 0, x2, 0, x2, b[top], x2, b[top - 2]);
            m.Combine(even, 0, x2, 0, x2, b[top - 1], x2, b[top - 3]);
            for (int i = top - 4; i >= 1; i -= 2)
            {
                m.Multiply(odd, x2, t);
                m.Combine(odd, 0, t, 0, t, 1, t, b[i]);
                m.Multiply(even, x2, t);
                m.Combine(even, 0, t, 0, t, 1, t, b[i - 1]);
            }
        }

        m.Multiply(x, odd, u);
        m.Combine(x2, 0, u, 1, u, 1, even, 0);
        m.Combine(t, 0, u, -1, u, 1, even, 0);
        m.Solve(t, x2, x4);
        T* result = x2, spare = x4;
        for (int i = 0; i < squarings; i++)
        {
            m.Multiply(result, result, spare);
            T* swap = result;
            result = spare;
            spare = swap;
        }

        if (value != null) new Span<T>(result, n * n).CopyTo(new Span<T>(value, n * n));
        if (tangent != null) new Span<T>(result + n * n, n * n).CopyTo(new Span<T>(tangent, n * n));
    }

    private static double Norm<T>(T* a, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The smaller of the 1-norm and the infinity-norm: either bounds the powers, and both are the same for A and A^T together.
        double columns = 0, rows = 0;
        for (int i = 0; i < n; i++)
        {
            double column = 0, row = 0;
            for (int j = 0; j < n; j++)
            {
                column += Math.Abs(double.CreateTruncating(a[j * n + i]));
                row += Math.Abs(double.CreateTruncating(a[i * n + j]));
            }

            columns = Math.Max(columns, column);
            rows = Math.Max(rows, row);
        }

        return Math.Min(columns, rows);
    }

    private static void Load<T>(T* source, int n, bool transposed, T scale, T* destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (transposed) Transposition.Run(source, n, destination, n, n, n);
        else new Span<T>(source, n * n).CopyTo(new Span<T>(destination, n * n));
        Rows.Scale(destination, scale, n * n);
    }
}
