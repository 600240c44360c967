using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary><see cref="BoxMuller"/> in single precision, from the same 52 bits a number: what the double version gives up to rounding, at half the cost. Again only exactly rounded operations.</summary>
internal static unsafe class BoxMullerSingle
{
    /// <summary>numbers[2 i] = r cos(angle), numbers[2 i + 1] = r sin(angle) from the words first[i], second[i]; count is rounded up to 16.</summary>
    /// <param name="first">Words for the radius, <see cref="Philox.ChunkBlocks"/> of them.</param>
    /// <param name="second">Words for the angle.</param>
    /// <param name="count">At most <see cref="Philox.ChunkBlocks"/>.</param>
    /// <param name="numbers">Twice as many.</param>
    public static void Transform(ulong* first, ulong* second, int count, float* numbers)
    {
        if (Vector512.IsHardwareAccelerated) Loop<Vector512Lane<float>>(first, second, count, numbers);
        else if (Vector.IsHardwareAccelerated) Loop<VectorLane<float>>(first, second, count, numbers);
        else Loop<ScalarLane<float>>(first, second, count, numbers);
    }

    /// <summary>As <see cref="Transform"/>, in a given lane.</summary>
    [SkipLocalsInit]
    internal static void Loop<TLane>(ulong* first, ulong* second, int count, float* numbers)
        where TLane : struct, ILane<TLane, float>
    {
        float* part = stackalloc float[4 * Philox.ChunkBlocks];
        float* w = part, u = w + Philox.ChunkBlocks, beside = u + Philox.ChunkBlocks, quarter = beside + Philox.ChunkBlocks;
        count = (count + 15) & ~15;
        if (TLane.Width == 16) Split512(first, second, count, w, u, beside, quarter);
        else Split(first, second, count, w, u, beside, quarter);
        for (int i = 0; i < count; i += TLane.Width) TLane.Store(Radius<TLane, float>(TLane.Load(w + i), TLane.Load(u + i)), w + i);
        for (int i = 0; i < count; i += TLane.Width)
        {
            Turn<TLane, float>(TLane.Load(beside + i), TLane.Load(quarter + i), out TLane cosine, out TLane sine);
            TLane radius = TLane.Load(w + i);
            TLane.Store(radius * cosine, w + i);
            TLane.Store(radius * sine, u + i);
        }
        RandomWords.Interleave(w, u, count, numbers);
    }

    // w in [0, 1) and u = 1 - w from the first word, the quarter turn nearest to the second and what lies beside it. All exact in double, then rounded once.
    private static void Split512(ulong* first, ulong* second, int count, float* w, float* u, float* beside, float* quarter)
    {
        Vector512<double> one = Vector512.Create(1.0), four = Vector512.Create(4.0);
        for (int i = 0; i < count; i += 16)
        {
            Vector512<double> w0 = Unit(Vector512.Load(first + i)), w1 = Unit(Vector512.Load(first + i + 8));
            Vector512.Narrow(w0, w1).Store(w + i);
            Vector512.Narrow(one - w0, one - w1).Store(u + i);
            Vector512<double> t0 = four * Unit(Vector512.Load(second + i)), t1 = four * Unit(Vector512.Load(second + i + 8));
            Vector512<double> q0 = Vector512.Round(t0), q1 = Vector512.Round(t1);
            Vector512.Narrow(t0 - q0, t1 - q1).Store(beside + i);
            Vector512.Narrow(q0, q1).Store(quarter + i);
        }
    }

    private static void Split(ulong* first, ulong* second, int count, float* w, float* u, float* beside, float* quarter)
    {
        Vector<double> one = Vector.Create(1.0), four = Vector.Create(4.0);
        int half = Vector<ulong>.Count;
        for (int i = 0; i < count; i += 2 * half)
        {
            Vector<double> w0 = Unit(Vector.Load(first + i)), w1 = Unit(Vector.Load(first + i + half));
            Vector.Narrow(w0, w1).Store(w + i);
            Vector.Narrow(one - w0, one - w1).Store(u + i);
            Vector<double> t0 = four * Unit(Vector.Load(second + i)), t1 = four * Unit(Vector.Load(second + i + half));
            Vector<double> q0 = Vector.Round(t0), q1 = Vector.Round(t1);
            Vector.Narrow(t0 - q0, t1 - q1).Store(beside + i);
            Vector.Narrow(q0, q1).Store(quarter + i);
        }
    }

    // The upper 52 bits as a number in [0, 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Unit(Vector512<ulong> word) =>
        ((word >>> 12) | Vector512.Create(0x3FF0000000000000ul)).AsDouble() - Vector512.Create(1.0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Unit(Vector<ulong> word) =>
        (Vector.ShiftRightLogical(word, 12) | Vector.Create(0x3FF0000000000000ul)).As<ulong, double>() - Vector.Create(1.0);

    // sqrt(-2 log u) for u = 1 - w, the logarithm as in LaneLog but rounded after every operation; near u = 1 it is taken from w, which has all its digits there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Radius<TLane, T>(TLane w, TLane u)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane m = TLane.Decompose(u, out TLane e);
        TLane f = TLane.Select(TLane.EqualTo(e, TLane.Constant(0)), -w, m - TLane.Constant(1));
        TLane square = f * f, h = square * TLane.Constant(0.5);
        // In pairs of pairs: half the waiting of a chain.
        TLane p01 = (TLane.Constant(-0.25000307) * f) + TLane.Constant(0.333333313), p23 = (TLane.Constant(-0.166412786) * f) + TLane.Constant(0.200010449);
        TLane p45 = (TLane.Constant(-0.129982144) * f) + TLane.Constant(0.142144814), p67 = (TLane.Constant(-0.0790283382) * f) + TLane.Constant(0.126224622);
        TLane p = (((p67 * square) + p45) * (square * square)) + ((p23 * square) + p01);
        TLane low = (e * TLane.Constant(1.42860677e-06)) + (square * f * p);
        TLane log = (e * TLane.Constant(0.693145752)) - ((h - low) - f);
        return TLane.Sqrt(TLane.Constant(-2) * log);
    }

    // As in BoxMuller; own fits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Turn<TLane, T>(TLane beside, TLane q, out TLane cosine, out TLane sine)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1), angle = beside * TLane.Constant(1.5707963267948966), z = angle * angle;
        TLane ps = (TLane.Constant(-0.00019514454) * z) + TLane.Constant(0.008332155);
        ps = (ps * z) + TLane.Constant(-0.16666655);
        TLane pc = (TLane.Constant(2.443221e-05) * z) + TLane.Constant(-0.0013887308);
        pc = (pc * z) + TLane.Constant(0.041666646);
        TLane s = (angle * z * ps) + angle;
        TLane c = (z * z * pc) + (one - (z * TLane.Constant(0.5)));
        TLane isOne = TLane.EqualTo(q, one), isTwo = TLane.EqualTo(q, TLane.Constant(2)), isThree = TLane.EqualTo(q, TLane.Constant(3));
        cosine = TLane.Select(isOne, -s, TLane.Select(isTwo, -c, TLane.Select(isThree, s, c)));
        sine = TLane.Select(isOne, c, TLane.Select(isTwo, -s, TLane.Select(isThree, -c, s)));
    }
}
