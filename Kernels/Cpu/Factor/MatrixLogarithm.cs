using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Principal logarithm of a matrix by inverse scaling and squaring, [n x n], row-major; native scratch.</summary>
public static unsafe class MatrixLogarithm
{
    private const int Degree = 7;
    private const int MaxRoots = 60;

    // The [7/7] Pade approximant of log(I + X) is exact to double rounding up to this norm (Higham 2008, table 11.1).
    private const double Limit = 0.264;

    // Gauss-Legendre nodes and weights on 0..1: the partial fractions of that approximant (Dieci, Morini, Papini 1996).
    private static readonly double[] Nodes;
    private static readonly double[] Weights;

    static MatrixLogarithm()
    {
        Nodes = new double[Degree];
        Weights = new double[Degree];
        for (int i = 0; i < Degree; i++)
        {
            double x = Math.Cos(Math.PI * (i + 0.75) / (Degree + 0.5)), slope = 1;
            for (int step = 0; step < 10; step++)
            {
                double p0 = 1, p1 = x;
                for (int k = 2; k <= Degree; k++) (p0, p1) = (p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k);
                slope = Degree * (x * p1 - p0) / (x * x - 1);
                x -= p1 / slope;
            }

            Nodes[i] = 0.5 * (1 + x);
            Weights[i] = 1 / ((1 - x * x) * slope * slope);
        }
    }

    /// <summary>Writes log A for a matrix without eigenvalues on the closed negative axis. Error about cond eps 2^k for k square roots.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">No principal logarithm was found: singular, or an eigenvalue on the negative axis.</exception>
    public static void Evaluate<T>(ReadOnlySpan<T> a, int n, Span<T> destination, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "MatrixLogarithm.Evaluate", nameof(a));
        Check.Matrix(destination.Length, n, n, "MatrixLogarithm.Evaluate", nameof(destination));
        int size = n * n;
        using var scratch = new Scratch<T>(3 * size);
        using var pivots = new Scratch<int>(n);
        var x = new Span<T>(scratch.Pointer, size);
        var term = new Span<T>(scratch.Pointer + size, size);
        var factors = new Span<T>(scratch.Pointer + 2 * size, size);
        var order = new Span<int>(pivots.Pointer, n);
        a[..size].CopyTo(x);
        int roots = 0;
        while (ShiftedNorm<T>(x, n) > Limit)
        {
            if (++roots > MaxRoots) throw new ArithmeticException($"MatrixLogarithm.Evaluate: {MaxRoots} square roots of a {n}x{n} matrix are not close to the identity.");
            MatrixSquareRoot.General<T>(x, n, term, workers);
            term.CopyTo(x);
        }

        for (int i = 0; i < n; i++) x[i * n + i] -= T.One;
        destination[..size].Clear();
        for (int k = 0; k < Degree; k++)
        {
            T node = T.CreateChecked(Nodes[k]), weight = T.CreateChecked(Weights[k] * Math.Pow(2, roots));
            for (int i = 0; i < size; i++) factors[i] = node * x[i];
            for (int i = 0; i < n; i++) factors[i * n + i] += T.One;
            x.CopyTo(term);
            Lu.Factor(factors, n, order, workers);
            Lu.Solve<T>(factors, n, order, term, n, workers);
            for (int i = 0; i < size; i++) destination[i] += weight * term[i];
        }
    }

    private static double ShiftedNorm<T>(ReadOnlySpan<T> a, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double norm = 0;
        for (int j = 0; j < n; j++)
        {
            double sum = 0;
            for (int i = 0; i < n; i++) sum += Math.Abs(double.CreateTruncating(a[i * n + j]) - (i == j ? 1 : 0));
            norm = Math.Max(norm, sum);
        }

        return norm;
    }
}
