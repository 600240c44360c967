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

    /// <summary>Sum of x y.</summary>
    public static T Dot<T>(T* x, T* y, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        T sum = T.Zero;
        if (Vector512.IsHardwareAccelerated && n >= Vector512<T>.Count)
        {
            int w = Vector512<T>.Count;
            Vector512<T> a = Vector512<T>.Zero, b = a, c = a, d = a;
            for (; i <= n - 4 * w; i += 4 * w)
            {
                a += Vector512.Load(x + i) * Vector512.Load(y + i);
                b += Vector512.Load(x + i + w) * Vector512.Load(y + i + w);
                c += Vector512.Load(x + i + 2 * w) * Vector512.Load(y + i + 2 * w);
                d += Vector512.Load(x + i + 3 * w) * Vector512.Load(y + i + 3 * w);
            }

            for (; i <= n - w; i += w) a += Vector512.Load(x + i) * Vector512.Load(y + i);
            sum = Vector512.Sum(a + b + (c + d));
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

    /// <summary>x *= y.</summary>
    public static void Multiply<T>(T* x, T* y, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        for (; i <= n - Vector256<T>.Count; i += Vector256<T>.Count) (Vector256.Load(x + i) * Vector256.Load(y + i)).Store(x + i);
        for (; i < n; i++) x[i] *= y[i];
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
