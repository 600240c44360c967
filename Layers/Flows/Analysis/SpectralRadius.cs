using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Largest |eigenvalue| of a square matrix, on the host.</summary>
public static class SpectralRadius
{
    // 2^40 powers: |A^k|^(1/k) is off by the k-th root of the condition of A's eigenvectors.
    private const int Squarings = 40;

    /// <summary>lim |A^k|^(1/k) by repeated squaring (Gelfand); 0 for a power that is exactly zero, NaN for a matrix with entries that are not finite. 80 D^3 flops.</summary>
    /// <param name="matrix">A [D x D].</param>
    /// <param name="dimension">D.</param>
    public static double Of(ReadOnlySpan<double> matrix, int dimension)
    {
        double[] power = matrix.ToArray(), next = new double[power.Length];
        double log = 0, exponent = 1;
        for (int i = 0; ; i++)
        {
            // A^(2^i) = e^(log 2^i) power, the norm of which is kept at 1.
            double norm = Math.Sqrt(VectorOps.SumSquares<double>(Scaled(power, out double most)));
            if (double.IsNaN(norm)) return double.NaN;
            if (most == 0) return 0;
            log += (Math.Log(most) + Math.Log(norm)) / exponent;
            if (i == Squarings) return Math.Exp(log);
            VectorOps.Scale(1 / norm, power, power);
            SeriesMoments.Product(power, power, next, dimension, 1);
            (power, next) = (next, power);
            exponent *= 2;
        }
    }

    // Divided by its largest entry, lest squares overflow or vanish.
    private static double[] Scaled(double[] a, out double most)
    {
        most = 0;
        foreach (double v in a) most = !(Math.Abs(v) <= most) ? Math.Abs(v) : most;
        if (most != 0)
            for (int i = 0; i < a.Length; i++) a[i] /= most;
        return a;
    }
}
