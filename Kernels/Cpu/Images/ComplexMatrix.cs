using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Small complex matrices, row-major, real and imaginary parts apart.</summary>
internal static unsafe class ComplexMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// (x, y) := (re + i im)^-1 by LU with partial pivoting (largest |re| + |im|, as LAPACK); the matrix becomes its factors. 8/3 + 8 times n^3 flops.
    /// </summary>
    /// <returns>The row of the first exactly zero pivot (the inverse is then meaningless and log|det| minus infinity), or -1.</returns>
    public static int Invert<TLane>(int n, Span<T> re, Span<T> im, Span<T> x, Span<T> y, out double logAbsDet)
        where TLane : struct, ILane<TLane, T>
    {
        logAbsDet = 0;
        int zero = -1;
        x[..(n * n)].Clear();
        y[..(n * n)].Clear();
        for (int i = 0; i < n; i++) x[(i * n) + i] = T.One;
        for (int k = 0; k < n; k++)
        {
            int pivot = k;
            for (int i = k + 1; i < n; i++)
                if (Size(re, im, (i * n) + k) > Size(re, im, (pivot * n) + k)) pivot = i;
            if (pivot != k)
            {
                Swap(re, n, k, pivot);
                Swap(im, n, k, pivot);
                Swap(x, n, k, pivot);
                Swap(y, n, k, pivot);
            }
            T pr = re[(k * n) + k], pi = im[(k * n) + k];
            logAbsDet += LogAbs(double.CreateTruncating(pr), double.CreateTruncating(pi));
            if (pr == T.Zero && pi == T.Zero)
            {
                if (zero < 0) zero = k;
                continue;
            }
            (T qr, T qi) = Reciprocal(pr, pi);
            for (int i = k + 1; i < n; i++)
            {
                int at = (i * n) + k;
                T lr = (re[at] * qr) - (im[at] * qi), li = (re[at] * qi) + (im[at] * qr);
                (re[at], im[at]) = (lr, li);
                Subtract<TLane>(lr, li, re.Slice((k * n) + k + 1, n - k - 1), im.Slice((k * n) + k + 1, n - k - 1), re.Slice(at + 1, n - k - 1), im.Slice(at + 1, n - k - 1));
            }
        }
        if (zero >= 0) return zero;

        for (int i = 1; i < n; i++)
            for (int k = 0; k < i; k++) SubtractRow<TLane>(n, re[(i * n) + k], im[(i * n) + k], x, y, k, i);
        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++) SubtractRow<TLane>(n, re[(i * n) + k], im[(i * n) + k], x, y, k, i);
            (T qr, T qi) = Reciprocal(re[(i * n) + i], im[(i * n) + i]);
            for (int j = i * n; j < (i + 1) * n; j++) (x[j], y[j]) = ((x[j] * qr) - (y[j] * qi), (x[j] * qi) + (y[j] * qr));
        }
        return -1;
    }

    private static T Size(ReadOnlySpan<T> re, ReadOnlySpan<T> im, int at) => T.Abs(re[at]) + T.Abs(im[at]);

    // log|a + i b| without overflow; 0 gives minus infinity.
    private static double LogAbs(double a, double b)
    {
        double large = Math.Max(Math.Abs(a), Math.Abs(b)), small = Math.Min(Math.Abs(a), Math.Abs(b));
        if (large == 0) return double.NegativeInfinity;
        double ratio = small / large;
        return Math.Log(large) + (0.5 * double.LogP1(ratio * ratio));
    }

    // 1 / (a + i b), Smith 1962: no square of a number is formed.
    private static (T Re, T Im) Reciprocal(T a, T b)
    {
        if (T.Abs(a) >= T.Abs(b))
        {
            T ratio = b / a, below = a + (b * ratio);
            return (T.One / below, -ratio / below);
        }
        else
        {
            T ratio = a / b, below = b + (a * ratio);
            return (ratio / below, -T.One / below);
        }
    }

    private static void Swap(Span<T> a, int n, int i, int k)
    {
        for (int j = 0; j < n; j++) (a[(i * n) + j], a[(k * n) + j]) = (a[(k * n) + j], a[(i * n) + j]);
    }

    private static void SubtractRow<TLane>(int n, T ar, T ai, Span<T> x, Span<T> y, int from, int to)
        where TLane : struct, ILane<TLane, T>
        => Subtract<TLane>(ar, ai, x.Slice(from * n, n), y.Slice(from * n, n), x.Slice(to * n, n), y.Slice(to * n, n));

    // (yr, yi) -= (ar + i ai) (xr, xi).
    private static void Subtract<TLane>(T ar, T ai, ReadOnlySpan<T> xr, ReadOnlySpan<T> xi, Span<T> yr, Span<T> yi)
        where TLane : struct, ILane<TLane, T>
    {
        int j = 0, count = xr.Length;
        fixed (T* pxr = xr, pxi = xi, pyr = yr, pyi = yi)
        {
            for (; j <= count - TLane.Width; j += TLane.Width) Step<TLane>(ar, ai, pxr + j, pxi + j, pyr + j, pyi + j);
            for (; j < count; j++) Step<ScalarLane<T>>(ar, ai, pxr + j, pxi + j, pyr + j, pyi + j);
        }
    }

    private static void Step<TLane>(T ar, T ai, T* xr, T* xi, T* yr, T* yi)
        where TLane : struct, ILane<TLane, T>
    {
        TLane r = TLane.Broadcast(-ar), i = TLane.Broadcast(ai), a = TLane.Load(xr), b = TLane.Load(xi);
        TLane.Store(TLane.MultiplyAdd(r, a, TLane.MultiplyAdd(i, b, TLane.Load(yr))), yr);
        TLane.Store(TLane.MultiplyAdd(r, b, TLane.MultiplyAdd(-i, a, TLane.Load(yi))), yi);
    }
}
