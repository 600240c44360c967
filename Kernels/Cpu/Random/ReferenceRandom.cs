using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The meaning of <see cref="RandomFill"/>: one element at a time from the scalar block function and the library's own log, cos and sin.</summary>
public static class ReferenceRandom
{
    /// <summary>Word <paramref name="index"/> of a stream.</summary>
    public static uint Word(ulong key, ulong stream, ulong index)
    {
        Philox.Block(key, stream, index / 4, out uint w0, out uint w1, out uint w2, out uint w3);
        return (index % 4) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
    }

    /// <summary>Element <paramref name="index"/> of <see cref="RandomFill.Uniform"/>.</summary>
    public static T Uniform<T>(ulong key, ulong stream, ulong index)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float)) return T.CreateTruncating((Word(key, stream, index) >> 8) / 16777216.0);
        return T.CreateTruncating((Pair(key, stream, index) >> 11) / 9007199254740992.0);
    }

    /// <summary>Element <paramref name="index"/> of <see cref="RandomFill.Gaussian"/>, up to the last bits.</summary>
    public static double Gaussian(ulong key, ulong stream, ulong index)
    {
        ulong even = index / 2 * 2;
        double u1 = 1 - ((Pair(key, stream, even) >> 12) / 4503599627370496.0);
        double u2 = (Pair(key, stream, even + 1) >> 12) / 4503599627370496.0;
        double radius = Math.Sqrt(-2 * Math.Log(u1));
        return index == even ? radius * Math.Cos(2 * Math.PI * u2) : radius * Math.Sin(2 * Math.PI * u2);
    }

    /// <summary>Element <paramref name="index"/> of <see cref="RandomFill.Rademacher"/>.</summary>
    public static T Rademacher<T>(ulong key, ulong stream, ulong index)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        ((Word(key, stream, index / 32) >> (int)(index % 32)) & 1) == 0 ? T.One : -T.One;

    private static ulong Pair(ulong key, ulong stream, ulong index) =>
        ((ulong)Word(key, stream, 2 * index) << 32) | Word(key, stream, (2 * index) + 1);
}
