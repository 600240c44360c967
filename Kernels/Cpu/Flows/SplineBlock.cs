using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>A lane's worth of rows of raw parameters into a table [columns x width], so that neighbours in a vector belong to neighbouring elements; and gradients back.</summary>
/// <remarks>
/// Vectors are put together from 128-bit pieces of rows, piece q from row n q + i (n numbers a piece): then n x n transposes inside the
/// 128-bit lanes, which cost one instruction each, bring the rows into their natural order.
/// </remarks>
internal static unsafe class SplineBlock
{
    /// <summary>table[c, e] = rows[e, c]; rows are <paramref name="columns"/> long and contiguous, one for each element of the lane.</summary>
    public static void Load<TLane, T>(T* rows, int columns, T* table)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = TLane.Width, piece = 16 / sizeof(T);
        if (columns < piece || !(Is512<TLane, T>() || Is256<TLane, T>()))
        {
            for (int e = 0; e < width; e++)
                for (int c = 0; c < columns; c++) table[(c * width) + e] = rows[(e * columns) + c];
            return;
        }
        int at = 0;
        for (; at + piece <= columns; at += piece) LoadPiece<TLane, T>(rows + at, columns, table + (at * width));
        // The last piece overlaps the one before and writes the same again.
        if (at < columns) LoadPiece<TLane, T>(rows + columns - piece, columns, table + ((columns - piece) * width));
    }

    /// <summary>rows[e, c] += table[c, e].</summary>
    public static void AddBack<TLane, T>(T* table, int columns, T* rows)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = TLane.Width, piece = 16 / sizeof(T), rest = columns % piece;
        if (columns < piece || !(Is512<TLane, T>() || Is256<TLane, T>()))
        {
            for (int e = 0; e < width; e++)
                for (int c = 0; c < columns; c++) rows[(e * columns) + c] += table[(c * width) + e];
            return;
        }
        // The overlapping piece comes first, long before its neighbour reads what it wrote, and adds zero where they overlap.
        if (rest > 0) AddPiece<TLane, T>(table + ((columns - piece) * width), piece - rest, columns, rows + columns - piece);
        for (int at = 0; at + piece <= columns; at += piece) AddPiece<TLane, T>(table + (at * width), 0, columns, rows + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Is512<TLane, T>() where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T> => Avx512F.IsSupported && TLane.Width * sizeof(T) == 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Is256<TLane, T>() where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T> => Avx2.IsSupported && TLane.Width * sizeof(T) == 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadPiece<TLane, T>(T* rows, nint stride, T* table)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool single = typeof(T) == typeof(float);
        if (Is512<TLane, T>())
        {
            var to = (byte*)table;
            if (single)
            {
                Vector512<float> a = Quarters(rows, stride, 4).AsSingle(), b = Quarters(rows + stride, stride, 4).AsSingle();
                Vector512<float> c = Quarters(rows + (2 * stride), stride, 4).AsSingle(), d = Quarters(rows + (3 * stride), stride, 4).AsSingle();
                Transpose(ref a, ref b, ref c, ref d);
                a.AsByte().Store(to);
                b.AsByte().Store(to + 64);
                c.AsByte().Store(to + 128);
                d.AsByte().Store(to + 192);
                return;
            }
            Vector512<double> e = Quarters(rows, stride, 2), f = Quarters(rows + stride, stride, 2);
            Avx512F.UnpackLow(e, f).AsByte().Store(to);
            Avx512F.UnpackHigh(e, f).AsByte().Store(to + 64);
            return;
        }
        var half = (byte*)table;
        if (single)
        {
            Vector256<float> a = Halves(rows, stride, 4).AsSingle(), b = Halves(rows + stride, stride, 4).AsSingle();
            Vector256<float> c = Halves(rows + (2 * stride), stride, 4).AsSingle(), d = Halves(rows + (3 * stride), stride, 4).AsSingle();
            Transpose(ref a, ref b, ref c, ref d);
            a.AsByte().Store(half);
            b.AsByte().Store(half + 32);
            c.AsByte().Store(half + 64);
            d.AsByte().Store(half + 96);
            return;
        }
        Vector256<double> g = Halves(rows, stride, 2), h = Halves(rows + stride, stride, 2);
        Avx.UnpackLow(g, h).AsByte().Store(half);
        Avx.UnpackHigh(g, h).AsByte().Store(half + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPiece<TLane, T>(T* table, int skip, nint stride, T* rows)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Is512<TLane, T>())
        {
            var from = (byte*)table;
            if (typeof(T) == typeof(float))
            {
                Vector512<float> a = Row512(from, 0, skip).AsSingle(), b = Row512(from, 1, skip).AsSingle();
                Vector512<float> c = Row512(from, 2, skip).AsSingle(), d = Row512(from, 3, skip).AsSingle();
                Transpose(ref a, ref b, ref c, ref d);
                AddQuarters(a.AsDouble(), rows, stride, 4);
                AddQuarters(b.AsDouble(), rows + stride, stride, 4);
                AddQuarters(c.AsDouble(), rows + (2 * stride), stride, 4);
                AddQuarters(d.AsDouble(), rows + (3 * stride), stride, 4);
                return;
            }
            Vector512<double> e = Row512(from, 0, skip).AsDouble(), f = Row512(from, 1, skip).AsDouble();
            AddQuarters(Avx512F.UnpackLow(e, f), rows, stride, 2);
            AddQuarters(Avx512F.UnpackHigh(e, f), rows + stride, stride, 2);
            return;
        }
        var half = (byte*)table;
        if (typeof(T) == typeof(float))
        {
            Vector256<float> a = Row256(half, 0, skip).AsSingle(), b = Row256(half, 1, skip).AsSingle();
            Vector256<float> c = Row256(half, 2, skip).AsSingle(), d = Row256(half, 3, skip).AsSingle();
            Transpose(ref a, ref b, ref c, ref d);
            AddHalves(a.AsDouble(), rows, stride, 4);
            AddHalves(b.AsDouble(), rows + stride, stride, 4);
            AddHalves(c.AsDouble(), rows + (2 * stride), stride, 4);
            AddHalves(d.AsDouble(), rows + (3 * stride), stride, 4);
            return;
        }
        Vector256<double> g = Row256(half, 0, skip).AsDouble(), h = Row256(half, 1, skip).AsDouble();
        AddHalves(Avx.UnpackLow(g, h), rows, stride, 2);
        AddHalves(Avx.UnpackHigh(g, h), rows + stride, stride, 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Row512(byte* table, int row, int skip) => row < skip ? Vector512<byte>.Zero : Vector512.Load(table + (64 * row));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Row256(byte* table, int row, int skip) => row < skip ? Vector256<byte>.Zero : Vector256.Load(table + (32 * row));

    // The 128-bit pieces at rows 0, n, 2n, 3n, beside each other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Quarters<T>(T* row, nint stride, nint n)
        where T : unmanaged
    {
        Vector512<double> v = Vector128.Load((double*)row).ToVector256Unsafe().ToVector512Unsafe();
        v = Avx512DQ.InsertVector128(v, Vector128.Load((double*)(row + (n * stride))), 1);
        v = Avx512DQ.InsertVector128(v, Vector128.Load((double*)(row + (2 * n * stride))), 2);
        return Avx512DQ.InsertVector128(v, Vector128.Load((double*)(row + (3 * n * stride))), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Halves<T>(T* row, nint stride, nint n)
        where T : unmanaged =>
        Avx.InsertVector128(Vector128.Load((double*)row).ToVector256Unsafe(), Vector128.Load((double*)(row + (n * stride))), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddQuarters<T>(Vector512<double> v, T* row, nint stride, nint n)
        where T : unmanaged
    {
        Add(Avx512DQ.ExtractVector128(v, 0).As<double, T>(), row);
        Add(Avx512DQ.ExtractVector128(v, 1).As<double, T>(), row + (n * stride));
        Add(Avx512DQ.ExtractVector128(v, 2).As<double, T>(), row + (2 * n * stride));
        Add(Avx512DQ.ExtractVector128(v, 3).As<double, T>(), row + (3 * n * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddHalves<T>(Vector256<double> v, T* row, nint stride, nint n)
        where T : unmanaged
    {
        Add(v.GetLower().As<double, T>(), row);
        Add(v.GetUpper().As<double, T>(), row + (n * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(Vector128<T> v, T* to) where T : unmanaged => (Vector128.Load(to) + v).Store(to);

    // 4 x 4 inside each 128-bit lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<double> ab0 = Avx512F.UnpackLow(a, b).AsDouble(), ab1 = Avx512F.UnpackHigh(a, b).AsDouble();
        Vector512<double> cd0 = Avx512F.UnpackLow(c, d).AsDouble(), cd1 = Avx512F.UnpackHigh(c, d).AsDouble();
        a = Avx512F.UnpackLow(ab0, cd0).AsSingle();
        b = Avx512F.UnpackHigh(ab0, cd0).AsSingle();
        c = Avx512F.UnpackLow(ab1, cd1).AsSingle();
        d = Avx512F.UnpackHigh(ab1, cd1).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d)
    {
        Vector256<double> ab0 = Avx.UnpackLow(a, b).AsDouble(), ab1 = Avx.UnpackHigh(a, b).AsDouble();
        Vector256<double> cd0 = Avx.UnpackLow(c, d).AsDouble(), cd1 = Avx.UnpackHigh(c, d).AsDouble();
        a = Avx.UnpackLow(ab0, cd0).AsSingle();
        b = Avx.UnpackHigh(ab0, cd0).AsSingle();
        c = Avx.UnpackLow(ab1, cd1).AsSingle();
        d = Avx.UnpackHigh(ab1, cd1).AsSingle();
    }
}
