using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Vectorised row operations that the factorisations are made of.</summary>
internal static unsafe class Rows
{
    /// <summary>y -= s x.</summary>
    public static void SubtractScaled<T>(T* y, T* x, T s, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<T> v = Vector512.Create(s);
            for (; i <= n - Vector512<T>.Count; i += Vector512<T>.Count)
                (Vector512.Load(y + i) - v * Vector512.Load(x + i)).Store(y + i);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<T> v = Vector256.Create(s);
            for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count)
                (Vector256.Load(y + i) - v * Vector256.Load(x + i)).Store(y + i);
        }

        Vector128<T> w = Vector128.Create(s);
        for (; i <= n - Vector128<T>.Count; i += Vector128<T>.Count)
            (Vector128.Load(y + i) - w * Vector128.Load(x + i)).Store(y + i);
        for (; i < n; i++) y[i] -= s * x[i];
    }

    /// <summary>y -= s0 x0 + s1 x1 + s2 x2 + s3 x3, the four rows <paramref name="stride"/> apart: one load and store of y instead of four.</summary>
    public static void SubtractScaled4<T>(T* y, T* x, int stride, T s0, T s1, T s2, T s3, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<T> v0 = Vector512.Create(s0), v1 = Vector512.Create(s1), v2 = Vector512.Create(s2), v3 = Vector512.Create(s3);
            for (; i <= n - Vector512<T>.Count; i += Vector512<T>.Count)
            {
                Vector512<T> left = v0 * Vector512.Load(x + i) + v1 * Vector512.Load(x1 + i);
                Vector512<T> right = v2 * Vector512.Load(x2 + i) + v3 * Vector512.Load(x3 + i);
                (Vector512.Load(y + i) - (left + right)).Store(y + i);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<T> v0 = Vector256.Create(s0), v1 = Vector256.Create(s1), v2 = Vector256.Create(s2), v3 = Vector256.Create(s3);
            for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count)
            {
                Vector256<T> left = v0 * Vector256.Load(x + i) + v1 * Vector256.Load(x1 + i);
                Vector256<T> right = v2 * Vector256.Load(x2 + i) + v3 * Vector256.Load(x3 + i);
                (Vector256.Load(y + i) - (left + right)).Store(y + i);
            }
        }

        Vector128<T> w0 = Vector128.Create(s0), w1 = Vector128.Create(s1), w2 = Vector128.Create(s2), w3 = Vector128.Create(s3);
        for (; i <= n - Vector128<T>.Count; i += Vector128<T>.Count)
        {
            Vector128<T> left = w0 * Vector128.Load(x + i) + w1 * Vector128.Load(x1 + i);
            Vector128<T> right = w2 * Vector128.Load(x2 + i) + w3 * Vector128.Load(x3 + i);
            (Vector128.Load(y + i) - (left + right)).Store(y + i);
        }

        for (; i < n; i++) y[i] -= s0 * x[i] + s1 * x1[i] + (s2 * x2[i] + s3 * x3[i]);
    }

    /// <summary>Sum of x y.</summary>
    public static T Dot<T>(T* x, T* y, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        T sum = T.Zero;
        if (Vector512.IsHardwareAccelerated && n >= Vector512<T>.Count)
        {
            Vector512<T> a = Vector512<T>.Zero, b = Vector512<T>.Zero;
            for (; i <= n - 2 * Vector512<T>.Count; i += 2 * Vector512<T>.Count)
            {
                a += Vector512.Load(x + i) * Vector512.Load(y + i);
                b += Vector512.Load(x + i + Vector512<T>.Count) * Vector512.Load(y + i + Vector512<T>.Count);
            }

            sum = Vector512.Sum(a + b);
        }

        if (n - i >= Vector256<T>.Count)
        {
            Vector256<T> a = Vector256<T>.Zero;
            for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count) a += Vector256.Load(x + i) * Vector256.Load(y + i);
            sum += Vector256.Sum(a);
        }

        for (; i < n; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>(x, y) becomes (c x - s y, s x + c y).</summary>
    public static void Rotate<T>(T* x, T* y, T c, T s, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        Vector256<T> vc = Vector256.Create(c), vs = Vector256.Create(s);
        for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            Vector256<T> a = Vector256.Load(x + i), b = Vector256.Load(y + i);
            (vc * a - vs * b).Store(x + i);
            (vs * a + vc * b).Store(y + i);
        }

        for (; i < n; i++)
        {
            T a = x[i], b = y[i];
            x[i] = c * a - s * b;
            y[i] = s * a + c * b;
        }
    }

    /// <summary>x /= d, by division: a reciprocal would cost an ulp and overflow for tiny d.</summary>
    public static void Divide<T>(T* x, T d, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        Vector256<T> v = Vector256.Create(d);
        for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count) (Vector256.Load(x + i) / v).Store(x + i);
        for (; i < n; i++) x[i] /= d;
    }

    /// <summary>x *= s.</summary>
    public static void Scale<T>(T* x, T s, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        Vector256<T> v = Vector256.Create(s);
        for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count) (Vector256.Load(x + i) * v).Store(x + i);
        for (; i < n; i++) x[i] *= s;
    }

    /// <summary>Exchanges x and y.</summary>
    public static void Swap<T>(T* x, T* y, int n)
        where T : unmanaged
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
            for (; i <= n - Vector512<T>.Count; i += Vector512<T>.Count)
            {
                Vector512<T> a = Vector512.Load(x + i), b = Vector512.Load(y + i);
                b.Store(x + i);
                a.Store(y + i);
            }

        for (; i <= n - Vector128<T>.Count; i += Vector128<T>.Count)
        {
            Vector128<T> a = Vector128.Load(x + i), b = Vector128.Load(y + i);
            b.Store(x + i);
            a.Store(y + i);
        }

        for (; i < n; i++) (x[i], y[i]) = (y[i], x[i]);
    }
}
