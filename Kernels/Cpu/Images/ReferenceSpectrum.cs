using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The steps of <see cref="CircularSpectrum{T}"/>, one frequency after another.</summary>
internal static class ReferenceSpectrum<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>table[t, f] = cos and sin of tap t's angle at frequency f.</summary>
    public static void TapTable(in ConvShape s, Span<T> roots, Span<T> table)
    {
        int cycle = roots.Length / 2, half = CircularSpectrum<T>.Half(s), frequencies = s.Height * half;
        Roots(roots);
        for (int i = 0; i < s.KernelHeight; i++)
            for (int j = 0; j < s.KernelWidth; j++)
            {
                Span<T> cos = table.Slice(((i * s.KernelWidth) + j) * 2 * frequencies, frequencies);
                Span<T> sin = table.Slice((((i * s.KernelWidth) + j) * 2 * frequencies) + frequencies, frequencies);
                int down = Step(i - s.AnchorRow, s.Height, cycle), right = Step(j - s.AnchorColumn, s.Width, cycle);
                for (int u = 0, row = 0; u < s.Height; u++, row = Turn(row, down, cycle))
                    for (int v = 0, at = row; v < half; v++, at = Turn(at, right, cycle))
                    {
                        cos[(u * half) + v] = roots[at];
                        sin[(u * half) + v] = roots[cycle + at];
                    }
            }
    }

    /// <summary>table[(h, w), f] = cos and -sin of the pixel's angle at frequency f.</summary>
    public static void PixelTable(in ConvShape s, Span<T> roots, Span<T> table)
    {
        int cycle = roots.Length / 2, half = CircularSpectrum<T>.Half(s), frequencies = s.Height * half;
        Roots(roots);
        for (int h = 0; h < s.Height; h++)
            for (int w = 0; w < s.Width; w++)
            {
                Span<T> cos = table.Slice(((h * s.Width) + w) * 2 * frequencies, frequencies);
                Span<T> sin = table.Slice((((h * s.Width) + w) * 2 * frequencies) + frequencies, frequencies);
                int down = Step(h, s.Height, cycle), right = Step(w, s.Width, cycle);
                for (int u = 0, row = 0; u < s.Height; u++, row = Turn(row, down, cycle))
                    for (int v = 0, at = row; v < half; v++, at = Turn(at, right, cycle))
                    {
                        cos[(u * half) + v] = roots[at];
                        sin[(u * half) + v] = -roots[cycle + at];
                    }
            }
    }

    /// <summary>Columns: cos and -sin [W x V] each. Rows: ((cos, sin), (-sin, cos)) [2H x 2H], which takes real parts above imaginary ones; its transpose goes back.</summary>
    public static void TransformTables(in ConvShape s, Span<T> roots, Span<T> columns, Span<T> rows)
    {
        int cycle = roots.Length / 2, half = CircularSpectrum<T>.Half(s), n = s.Height;
        Roots(roots);
        for (int w = 0; w < s.Width; w++)
            for (int v = 0, at = 0, step = Step(w, s.Width, cycle); v < half; v++, at = Turn(at, step, cycle))
            {
                columns[(w * half) + v] = roots[at];
                columns[((s.Width + w) * half) + v] = -roots[cycle + at];
            }
        for (int u = 0; u < n; u++)
            for (int h = 0, at = 0, step = Step(u, n, cycle); h < n; h++, at = Turn(at, step, cycle))
            {
                rows[(u * 2 * n) + h] = rows[((n + u) * 2 * n) + n + h] = roots[at];
                rows[(u * 2 * n) + n + h] = roots[cycle + at];
                rows[((n + u) * 2 * n) + h] = -roots[cycle + at];
            }
    }

    public static void Invert<TLane>(in ConvShape s, Span<T> planes, Span<T> y, Span<T> singular, Span<T> room, T scale)
        where TLane : struct, ILane<TLane, T>
    {
        int n = s.InChannels, half = CircularSpectrum<T>.Half(s), frequencies = s.Height * half;
        Span<T> re = room[..(n * n)], im = room.Slice(n * n, n * n), inverseRe = room.Slice(2 * n * n, n * n), inverseIm = room.Slice(3 * n * n, n * n);
        double sum = 0;
        int firstSingular = -1, pivot = -1;
        for (int f = 0; f < frequencies; f++)
        {
            for (int k = 0; k < n * n; k++)
            {
                re[k] = planes[(2 * k * frequencies) + f];
                im[k] = planes[(((2 * k) + 1) * frequencies) + f];
            }
            int zero = ComplexMatrix<T>.Invert<TLane>(n, re, im, inverseRe, inverseIm, out double log);
            if (zero >= 0)
            {
                if (singular.IsEmpty) throw new SingularMatrixException($"Circular convolution ({s}), frequency ({f / half}, {f % half})", n, zero);
                if (firstSingular < 0) (firstSingular, pivot) = (f, zero);
            }
            // Frequencies (u, v) and (-u, -v) are conjugate; columns 0 and W/2 hold both of a pair.
            int v = f % half, count = v == 0 || 2 * v == s.Width ? 1 : 2;
            sum += count * log;
            T factor = scale * T.CreateTruncating(count);
            for (int k = 0; k < n * n; k++)
            {
                planes[(2 * k * frequencies) + f] = factor * inverseRe[k];
                planes[(((2 * k) + 1) * frequencies) + f] = factor * inverseIm[k];
            }
        }
        if (!y.IsEmpty) y[0] = T.CreateTruncating(sum);
        if (singular.IsEmpty) return;
        singular[0] = T.CreateTruncating(firstSingular);
        singular[1] = T.CreateTruncating(pivot);
    }

    public static void Adjoint(int channels, int frequencies, ReadOnlySpan<T> inverses, Span<T> adjoints, T dy)
    {
        for (int o = 0; o < channels; o++)
            for (int c = 0; c < channels; c++)
                for (int f = 0; f < frequencies; f++)
                {
                    int from = (((c * channels) + o) * 2 * frequencies) + f, to = (((o * channels) + c) * 2 * frequencies) + f;
                    adjoints[to] = dy * inverses[from];
                    adjoints[to + frequencies] = -dy * inverses[from + frequencies];
                }
    }

    public static void Multiply(int batch, int channels, int frequencies, ReadOnlySpan<T> matrices, ReadOnlySpan<T> z, Span<T> x, bool adjoint)
    {
        for (int b = 0; b < batch; b++)
            for (int c = 0; c < channels; c++)
                for (int f = 0; f < frequencies; f++)
                {
                    T re = T.Zero, im = T.Zero;
                    for (int o = 0; o < channels; o++)
                    {
                        int at = ((adjoint ? (o * channels) + c : (c * channels) + o) * 2 * frequencies) + f, from = (((b * channels) + o) * 2 * frequencies) + f;
                        T mr = matrices[at], mi = adjoint ? -matrices[at + frequencies] : matrices[at + frequencies];
                        re += (mr * z[from]) - (mi * z[from + frequencies]);
                        im += (mr * z[from + frequencies]) + (mi * z[from]);
                    }
                    int to = (((b * channels) + c) * 2 * frequencies) + f;
                    x[to] = re;
                    x[to + frequencies] = im;
                }
    }

    // cos and sin of all multiples of 2 pi / cycle, exact at quarter turns and rounded once.
    private static void Roots(Span<T> roots)
    {
        int cycle = roots.Length / 2;
        for (int k = 0; k < cycle; k++)
        {
            (double sin, double cos) = double.SinCosPi(2.0 * k / cycle);
            roots[k] = T.CreateTruncating(cos);
            roots[cycle + k] = T.CreateTruncating(sin);
        }
    }

    // How many roots one more of a frequency's number turns, for a shift of this many pixels.
    private static int Step(int shift, int side, int cycle) => ((shift % side) + side) % side * (cycle / side);

    private static int Turn(int at, int step, int cycle) => at >= cycle - step ? at - (cycle - step) : at + step;
}
