using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Eigenvalues of a symmetric tridiagonal matrix with the first components of its eigenvectors: nodes and weights of Gauss quadrature (Golub and Welsch 1969).</summary>
internal static class TridiagonalEigen
{
    private const int MostSweeps = 60;

    /// <summary>Implicit QL. O(n^2).</summary>
    /// <param name="diagonal">[n]; becomes the eigenvalues, in no order.</param>
    /// <param name="off">[n], the last unused; destroyed.</param>
    /// <param name="first">[n]; becomes the first components.</param>
    /// <exception cref="NotConvergedException">An eigenvalue did not settle: the matrix is not finite.</exception>
    public static void Solve(Span<double> diagonal, Span<double> off, Span<double> first)
    {
        int n = diagonal.Length;
        first.Clear();
        if (n == 0) return;
        first[0] = 1;
        off[n - 1] = 0;
        for (int l = 0; l < n; l++)
        {
            for (int sweep = 0; ; sweep++)
            {
                int m = l;
                for (; m < n - 1; m++)
                    if (Math.Abs(off[m]) <= 1.1e-16 * (Math.Abs(diagonal[m]) + Math.Abs(diagonal[m + 1]))) break;
                if (m == l) break;
                if (sweep == MostSweeps) throw new NotConvergedException($"TridiagonalEigen: eigenvalue {l} of {n} did not settle in {MostSweeps} sweeps; the matrix holds {diagonal[l]}.");
                double g = (diagonal[l + 1] - diagonal[l]) / (2 * off[l]), r = double.Hypot(g, 1);
                g = diagonal[m] - diagonal[l] + (off[l] / (g + Math.CopySign(r, g)));
                double s = 1, c = 1, p = 0;
                int i = m - 1;
                for (; i >= l; i--)
                {
                    double f = s * off[i], b = c * off[i];
                    r = double.Hypot(f, g);
                    off[i + 1] = r;
                    if (r == 0)
                    {
                        diagonal[i + 1] -= p;
                        off[m] = 0;
                        break;
                    }
                    s = f / r;
                    c = g / r;
                    g = diagonal[i + 1] - p;
                    r = ((diagonal[i] - g) * s) + (2 * c * b);
                    p = s * r;
                    diagonal[i + 1] = g + p;
                    g = (c * r) - b;
                    (first[i], first[i + 1]) = ((c * first[i]) - (s * first[i + 1]), (s * first[i]) + (c * first[i + 1]));
                }
                if (r == 0 && i >= l) continue;
                diagonal[l] -= p;
                off[l] = g;
                off[m] = 0;
            }
        }
    }
}
