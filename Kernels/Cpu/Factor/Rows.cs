using System.Numerics;
using System.Runtime.CompilerServices;
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
        Span<T> a = new(x, n), b = new(y, n);
        for (int i = 0; i < a.Length; i++) (a[i], b[i]) = (b[i], a[i]);
    }

    /// <summary>destination = source^T, both n x n and not the same memory.</summary>
    public static void Transpose<T>(T* source, T* destination, int rows, int cols)
        where T : unmanaged
    {
        const int Tile = 16;
        for (int i0 = 0; i0 < rows; i0 += Tile)
            for (int j0 = 0; j0 < cols; j0 += Tile)
                for (int i = i0; i < Math.Min(i0 + Tile, rows); i++)
                    for (int j = j0; j < Math.Min(j0 + Tile, cols); j++)
                        destination[j * rows + i] = source[i * cols + j];
    }
}
