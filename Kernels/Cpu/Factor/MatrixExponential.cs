using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// exp(A) by scaling and squaring with Pade approximants of degree 3 to 13 (Higham 2005), and its derivative by carrying a tangent
/// through the same steps (Al-Mohy and Higham 2009). Matrices are [n x n], row-major; native scratch, no managed allocation.
/// </summary>
public static unsafe class MatrixExponential
{
    /// <summary>Writes exp(A). About 2 (6 + s) n^3 flops for s squarings, s = log2 of the 1-norm.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">The matrix holds NaN or infinity.</exception>
    public static void Evaluate<T>(ReadOnlySpan<T> a, int n, Span<T> destination, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "MatrixExponential.Evaluate", nameof(a));
        Check.Matrix(destination.Length, n, n, "MatrixExponential.Evaluate", nameof(destination));
        fixed (T* pa = a, pd = destination) ExponentialSteps.Run(pa, null, n, false, pd, null, workers);
    }

    /// <summary>Writes the Frechet derivative L(A, E) in direction E: the first-order change of exp(A + E). About three times the cost of the value.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">The matrix holds NaN or infinity.</exception>
    public static void Derivative<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> direction, int n, Span<T> destination, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "MatrixExponential.Derivative", nameof(a));
        Check.Matrix(direction.Length, n, n, "MatrixExponential.Derivative", nameof(direction));
        Check.Matrix(destination.Length, n, n, "MatrixExponential.Derivative", nameof(destination));
        fixed (T* pa = a, pe = direction, pd = destination) ExponentialSteps.Run(pa, pe, n, false, null, pd, workers);
    }

    /// <summary>Gradient with respect to A from the gradient G of exp(A): L(A^T, G), the adjoint of the derivative.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArithmeticException">The matrix holds NaN or infinity.</exception>
    public static void Gradient<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> g, int n, Span<T> destination, bool accumulate = false, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "MatrixExponential.Gradient", nameof(a));
        Check.Matrix(g.Length, n, n, "MatrixExponential.Gradient", nameof(g));
        Check.Matrix(destination.Length, n, n, "MatrixExponential.Gradient", nameof(destination));
        using var scratch = new Scratch<T>(n * n);
        fixed (T* pa = a, pg = g, pd = destination)
        {
            ExponentialSteps.Run(pa, pg, n, true, null, scratch.Pointer, workers);
            for (int i = 0; i < n * n; i++) pd[i] = accumulate ? pd[i] + scratch.Pointer[i] : scratch.Pointer[i];
        }
    }
}
