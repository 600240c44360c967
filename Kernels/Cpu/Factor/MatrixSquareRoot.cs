using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Principal square roots of matrices, [n x n], row-major; native scratch.</summary>
public static unsafe class MatrixSquareRoot
{
    private const int MaxSteps = 60;

    /// <summary>The symmetric root of a symmetric positive semidefinite matrix, by eigenvalues; only the lower triangle is read.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">An eigenvalue is negative beyond rounding.</exception>
    public static void Symmetric<T>(ReadOnlySpan<T> a, int n, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "MatrixSquareRoot.Symmetric", nameof(a));
        Check.Matrix(destination.Length, n, n, "MatrixSquareRoot.Symmetric", nameof(destination));
        if (n == 0) return;
        using var scratch = new Scratch<T>(2 * n * n + n);
        T* v = scratch.Pointer, scaled = v + n * n, w = scaled + n * n;
        SymmetricEigen.Decompose(a, n, new Span<T>(w, n), new Span<T>(v, n * n));
        T rounding = T.CreateChecked(n) * (T.BitIncrement(T.One) - T.One) * T.Abs(w[n - 1]);
        if (w[0] < -rounding)
            throw new ArithmeticException($"MatrixSquareRoot.Symmetric: the smallest eigenvalue is {w[0]}, the largest {w[n - 1]}; the matrix is not positive semidefinite.");
        for (int j = 0; j < n; j++)
        {
            T root = w[j] > T.Zero ? T.Sqrt(w[j]) : T.Zero;
            for (int i = 0; i < n; i++) scaled[i * n + j] = v[i * n + j] * root;
        }

        fixed (T* pd = destination) Gemm.Run(false, true, n, n, n, T.One, scaled, n, v, n, false, pd, n);
    }

    /// <summary>
    /// The principal root of a general matrix without eigenvalues on the closed negative axis, by the scaled product form of
    /// the Denman-Beavers iteration (Higham 2008, equation 6.29). About 4 n^3 flops a step, 6 to 12 steps; quadratic convergence.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">Singular matrix or no convergence.</exception>
    public static void General<T>(ReadOnlySpan<T> a, int n, Span<T> destination, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "MatrixSquareRoot.General", nameof(a));
        Check.Matrix(destination.Length, n, n, "MatrixSquareRoot.General", nameof(destination));
        if (n == 0) return;
        int size = n * n;
        using var scratch = new Scratch<T>(4 * size);
        using var pivots = new Scratch<int>(n);
        T* m = scratch.Pointer, inverse = m + size, factors = inverse + size, next = factors + size;
        a[..size].CopyTo(new Span<T>(m, size));
        fixed (T* x = destination)
        {
            new Span<T>(m, size).CopyTo(new Span<T>(x, size));
            double eps = double.CreateTruncating(T.BitIncrement(T.One) - T.One), tolerance = 4 * n * eps, last = double.PositiveInfinity;
            for (int step = 0; step < MaxSteps; step++)
            {
                double distance = DistanceToIdentity(m, n);
                // Rounding stops the descent a little above eps: no longer falling and already small means done.
                if (distance <= tolerance || (distance < Math.Sqrt(eps) && distance >= 0.5 * last)) return;
                last = distance;
                Step(m, inverse, factors, next, x, pivots.Pointer, n, distance > 0.1, workers);
            }
        }

        throw new ArithmeticException($"MatrixSquareRoot.General: a {n}x{n} matrix did not converge in {MaxSteps} steps; it has an eigenvalue on or near the negative axis.");
    }

    private static void Step<T>(T* m, T* inverse, T* factors, T* next, T* x, int* pivots, int n, bool scale, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int size = n * n;
        var order = new Span<int>(pivots, n);
        var lu = new Span<T>(factors, size);
        new Span<T>(m, size).CopyTo(lu);
        int zero = Lu.Factor(lu, n, order, workers);
        if (zero >= 0) throw new ArithmeticException($"MatrixSquareRoot.General: pivot {zero} of {n} is zero; the matrix is singular.");
        Lu.Inverse<T>(lu, n, order, new Span<T>(inverse, size), workers);
        double mu = scale ? Math.Exp(-Lu.LogAbsDet<T>(lu, n, order, out _) / (2.0 * n)) : 1;
        T square = T.CreateChecked(mu * mu), inverseSquare = T.CreateChecked(1 / (mu * mu));
        T half = T.CreateChecked(0.5), quarter = T.CreateChecked(0.25);

        // X becomes mu/2 X (I + mu^-2 M^-1), M becomes (I + (mu^2 M + mu^-2 M^-1) / 2) / 2.
        new Span<T>(x, size).CopyTo(new Span<T>(next, size));
        Gemm.Run(false, false, n, n, n, inverseSquare, x, n, inverse, n, true, next, n, workers);
        T factor = half * T.CreateChecked(mu);
        for (int i = 0; i < size; i++)
        {
            x[i] = factor * next[i];
            m[i] = quarter * (square * m[i] + inverseSquare * inverse[i]);
        }

        for (int i = 0; i < n; i++) m[i * n + i] += half;
    }

    private static double DistanceToIdentity<T>(T* m, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double largest = 0;
        for (int i = 0; i < n; i++)
        {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += Math.Abs(double.CreateTruncating(m[i * n + j]) - (i == j ? 1 : 0));
            if (double.IsNaN(sum)) throw new ArithmeticException($"MatrixSquareRoot.General: row {i} is not finite.");
            largest = Math.Max(largest, sum);
        }

        return largest;
    }
}
