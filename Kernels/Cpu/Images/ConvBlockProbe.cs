using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Whether a block elimination was accurate: it solves T x = v for a fixed vector v of signs and looks at the residual. Elimination by blocks is
/// not stable for every matrix: a nearly singular leading block leaves huge numbers that cancel later.
/// </summary>
internal static unsafe class ConvBlockProbe<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// Largest backward error, |T x - v| over |T| |x| + |v| in the maximum norm, in units of the rounding error. Partial pivoting leaves about one.
    /// </summary>
    public const double Threshold = 100;

    /// <summary>Work: three vectors of the order of T.</summary>
    public static bool Accurate(in ConvBlocks s, ReadOnlySpan<T> weight, T* a, T* below, T* above, T* kept, T* work, Workers? workers)
    {
        double error = BackwardError(s, weight, a, below, above, kept, work, workers);
        return error <= Threshold * double.CreateTruncating(T.BitIncrement(T.One) - T.One);
    }

    internal static double BackwardError(in ConvBlocks s, ReadOnlySpan<T> weight, T* a, T* below, T* above, T* kept, T* work, Workers? workers)
    {
        int b = s.Order, order = s.Lines.Order, bb = b * b;
        T* v = work, x = v + order, t = x + order;
        for (int i = 0; i < order; i++) v[i] = (((uint)i * 2654435769u) >> 29) is 0 or 3 or 5 or 6 ? T.One : T.NegativeOne;

        // t_i = S_i^-1 (v_i - B t_{i-1}), then x_i = t_i - S_i^-1 C x_{i+1}.
        new Span<T>(v, order).CopyTo(new Span<T>(x, order));
        for (int i = 0; i < s.Count; i++)
        {
            nint at = (nint)i * b;
            int m = s.OrderOf(i);
            if (i > 0) Multiply(Math.Min(s.Down, m), s.Down, T.NegativeOne, below + b - s.Down, b, t + at - s.Down, true, x + at, workers);
            Multiply(m, m, T.One, kept + ((nint)i * bb), m, x + at, false, t + at, workers);
        }

        for (int i = s.Count - 2; i >= 0; i--)
        {
            nint at = (nint)i * b;
            // x_{i+1} is t_{i+1} by now.
            Multiply(s.Up, Math.Min(s.Up, s.OrderOf(i + 1)), T.One, above + ((b - s.Up) * b), b, t + at + b, false, x + at, workers);
            Multiply(b, s.Up, T.NegativeOne, kept + ((nint)i * bb) + b - s.Up, b, x + at, true, t + at, workers);
        }

        for (int i = 0; i < s.Count; i++)
        {
            nint at = (nint)i * b;
            int m = s.OrderOf(i);
            Multiply(m, m, T.NegativeOne, a, b, t + at, true, v + at, workers);
            if (i > 0) Multiply(Math.Min(s.Down, m), s.Down, T.NegativeOne, below + b - s.Down, b, t + at - s.Down, true, v + at, workers);
            if (i < s.Count - 1) Multiply(s.Up, Math.Min(s.Up, s.OrderOf(i + 1)), T.NegativeOne, above + ((b - s.Up) * b), b, t + at + b, true, v + at + b - s.Up, workers);
        }

        double residual = double.CreateTruncating(VectorOps.MaxAbs<T>(new Span<T>(v, order))), solution = double.CreateTruncating(VectorOps.MaxAbs<T>(new Span<T>(t, order)));
        return residual / ((Norm(s, weight) * solution) + 1);
    }

    // The largest sum of magnitudes of a row of T.
    private static double Norm(in ConvBlocks s, ReadOnlySpan<T> weight)
    {
        int columns = weight.Length / s.Lines.Channels;
        double norm = 0;
        for (int o = 0; o < s.Lines.Channels; o++)
        {
            double sum = 0;
            foreach (T w in weight.Slice(o * columns, columns)) sum += Math.Abs(double.CreateTruncating(w));
            norm = Math.Max(norm, sum);
        }

        return norm;
    }

    private static void Multiply(int m, int k, T alpha, T* a, int lda, T* x, bool add, T* y, Workers? workers)
        => Gemm.Run(false, false, m, 1, k, alpha, a, lda, x, 1, add, y, 1, workers);
}
