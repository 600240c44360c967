using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>A small triangular system with many right-hand sides: four rows by up to four vectors of columns at a time, sums in registers.</summary>
internal static unsafe class TriangularTile
{
    /// <summary>Solves op(A) X = B in place; <paramref name="n"/> small, so that a strip of B stays in the first-level cache.</summary>
    public static void Left<T>(Triangle t, int n, int rhs, T* a, nint lda, T* b, nint ldb)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rowStep = t.Transpose ? 1 : lda, colStep = t.Transpose ? lda : 1;
        if (t.Lower == t.Transpose)
        {
            // Backward substitution is forward substitution read from the last corner.
            a += (n - 1) * (lda + 1);
            b += (n - 1) * ldb;
            (rowStep, colStep, ldb) = (-rowStep, -colStep, -ldb);
        }

        if (Vector512.IsHardwareAccelerated) TriangularTile<T, Vector512Lane<T>>.Forward(t.Unit, n, rhs, a, rowStep, colStep, b, ldb);
        else if (Vector.IsHardwareAccelerated) TriangularTile<T, VectorLane<T>>.Forward(t.Unit, n, rhs, a, rowStep, colStep, b, ldb);
        else TriangularTile<T, ScalarLane<T>>.Forward(t.Unit, n, rhs, a, rowStep, colStep, b, ldb);
    }
}

/// <summary>Forward substitution for one lane. Element (i, j) of the triangle is a[i rowStep + j colStep]; steps may be negative.</summary>
internal static unsafe class TriangularTile<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Vectors in a strip: with four rows, what 32 or 16 registers hold.</summary>
    private static int Strip => Vector512.IsHardwareAccelerated ? 4 : 2;

    public static void Forward(bool unit, int n, int rhs, T* a, nint rowStep, nint colStep, T* b, nint ldb)
    {
        int w = TLane.Width, col = 0;
        for (; col <= rhs - Strip * w; col += Strip * w) Whole(Strip, unit, n, a, rowStep, colStep, b + col, ldb);
        int rest = rhs - col, vectors = (rest + w - 1) / w;
        if (rest == 0) return;
        if (rest == vectors * w)
        {
            Whole(vectors, unit, n, a, rowStep, colStep, b + col, ldb);
            return;
        }

        // The last columns do not fill a vector: they are solved in a copy padded with zeros.
        int padded = vectors * w;
        T* copy = ThreadScratch.Get<T>(n * padded);
        for (int i = 0; i < n; i++)
        {
            T* to = copy + i * padded;
            TLane.Store(TLane.Broadcast(T.Zero), to + padded - w);
            Copy(b + i * ldb + col, to, rest);
        }

        Whole(vectors, unit, n, a, rowStep, colStep, copy, padded);
        for (int i = 0; i < n; i++) Copy(copy + i * padded, b + i * ldb + col, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(T* from, T* to, int count)
    {
        int i = 0;
        for (; i <= count - TLane.Width; i += TLane.Width) TLane.Store(TLane.Load(from + i), to + i);
        for (; i < count; i++) to[i] = from[i];
    }

    private static void Whole(int vectors, bool unit, int n, T* a, nint rowStep, nint colStep, T* b, nint ldb)
    {
        if (vectors == 1) Run<Const1>(unit, n, a, rowStep, colStep, b, ldb);
        else if (vectors == 2) Run<Const2>(unit, n, a, rowStep, colStep, b, ldb);
        else if (vectors == 3) Run<Const3>(unit, n, a, rowStep, colStep, b, ldb);
        else Run<Const4>(unit, n, a, rowStep, colStep, b, ldb);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<Vectors>(bool unit, int n, T* a, nint rowStep, nint colStep, T* b, nint ldb)
        where Vectors : struct, IConstant
    {
        nint w = TLane.Width;
        int i = 0;
        for (; i <= n - 4; i += 4)
        {
            TLane s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default;
            TLane s20 = default, s21 = default, s22 = default, s23 = default, s30 = default, s31 = default, s32 = default, s33 = default;
            T* c0 = a + i * rowStep, c1 = c0 + rowStep, c2 = c1 + rowStep, c3 = c2 + rowStep, x = b;
            for (int j = 0; j < i; j++)
            {
                TLane x0 = TLane.Load(x), x1 = default, x2 = default, x3 = default;
                if (Vectors.Value > 1) x1 = TLane.Load(x + w);
                if (Vectors.Value > 2) x2 = TLane.Load(x + 2 * w);
                if (Vectors.Value > 3) x3 = TLane.Load(x + 3 * w);
                Add<Vectors>(*c0, x0, x1, x2, x3, ref s00, ref s01, ref s02, ref s03);
                Add<Vectors>(*c1, x0, x1, x2, x3, ref s10, ref s11, ref s12, ref s13);
                Add<Vectors>(*c2, x0, x1, x2, x3, ref s20, ref s21, ref s22, ref s23);
                Add<Vectors>(*c3, x0, x1, x2, x3, ref s30, ref s31, ref s32, ref s33);
                c0 += colStep;
                c1 += colStep;
                c2 += colStep;
                c3 += colStep;
                x += ldb;
            }

            Finish<Vectors>(unit, *c0, x, ref s00, ref s01, ref s02, ref s03);
            Add<Vectors>(*c1, s00, s01, s02, s03, ref s10, ref s11, ref s12, ref s13);
            Finish<Vectors>(unit, c1[colStep], x + ldb, ref s10, ref s11, ref s12, ref s13);
            Add<Vectors>(*c2, s00, s01, s02, s03, ref s20, ref s21, ref s22, ref s23);
            Add<Vectors>(c2[colStep], s10, s11, s12, s13, ref s20, ref s21, ref s22, ref s23);
            Finish<Vectors>(unit, c2[2 * colStep], x + 2 * ldb, ref s20, ref s21, ref s22, ref s23);
            Add<Vectors>(*c3, s00, s01, s02, s03, ref s30, ref s31, ref s32, ref s33);
            Add<Vectors>(c3[colStep], s10, s11, s12, s13, ref s30, ref s31, ref s32, ref s33);
            Add<Vectors>(c3[2 * colStep], s20, s21, s22, s23, ref s30, ref s31, ref s32, ref s33);
            Finish<Vectors>(unit, c3[3 * colStep], x + 3 * ldb, ref s30, ref s31, ref s32, ref s33);
        }

        for (; i < n; i++)
        {
            TLane s0 = default, s1 = default, s2 = default, s3 = default;
            T* c = a + i * rowStep, x = b;
            for (int j = 0; j < i; j++, c += colStep, x += ldb)
            {
                TLane x1 = default, x2 = default, x3 = default;
                if (Vectors.Value > 1) x1 = TLane.Load(x + w);
                if (Vectors.Value > 2) x2 = TLane.Load(x + 2 * w);
                if (Vectors.Value > 3) x3 = TLane.Load(x + 3 * w);
                Add<Vectors>(*c, TLane.Load(x), x1, x2, x3, ref s0, ref s1, ref s2, ref s3);
            }

            Finish<Vectors>(unit, *c, x, ref s0, ref s1, ref s2, ref s3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<Vectors>(T coefficient, TLane x0, TLane x1, TLane x2, TLane x3, ref TLane s0, ref TLane s1, ref TLane s2, ref TLane s3)
        where Vectors : struct, IConstant
    {
        TLane c = TLane.Broadcast(coefficient);
        s0 = TLane.MultiplyAdd(c, x0, s0);
        if (Vectors.Value > 1) s1 = TLane.MultiplyAdd(c, x1, s1);
        if (Vectors.Value > 2) s2 = TLane.MultiplyAdd(c, x2, s2);
        if (Vectors.Value > 3) s3 = TLane.MultiplyAdd(c, x3, s3);
    }

    /// <summary>x = (x - s) / d, kept in s as well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<Vectors>(bool unit, T diagonal, T* x, ref TLane s0, ref TLane s1, ref TLane s2, ref TLane s3)
        where Vectors : struct, IConstant
    {
        nint w = TLane.Width;
        s0 = TLane.Load(x) - s0;
        if (Vectors.Value > 1) s1 = TLane.Load(x + w) - s1;
        if (Vectors.Value > 2) s2 = TLane.Load(x + 2 * w) - s2;
        if (Vectors.Value > 3) s3 = TLane.Load(x + 3 * w) - s3;
        if (!unit)
        {
            TLane d = TLane.Broadcast(diagonal);
            s0 = s0 / d;
            if (Vectors.Value > 1) s1 = s1 / d;
            if (Vectors.Value > 2) s2 = s2 / d;
            if (Vectors.Value > 3) s3 = s3 / d;
        }

        TLane.Store(s0, x);
        if (Vectors.Value > 1) TLane.Store(s1, x + w);
        if (Vectors.Value > 2) TLane.Store(s2, x + 2 * w);
        if (Vectors.Value > 3) TLane.Store(s3, x + 3 * w);
    }
}
