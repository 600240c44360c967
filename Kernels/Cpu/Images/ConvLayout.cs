using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// The layout of the direct convolution: images of a block of the batch side by side, [channel x row x column x batch], so that a vector holds one
/// pixel of several images. The rows of an input are widened on both sides by what the kernel reads there: zeros, or the other side of the image.
/// </summary>
internal readonly unsafe struct ConvLayout
{
    /// <summary>First column of the kernel that ever meets the image, and how many do.</summary>
    public readonly int FirstTap, Taps;

    /// <summary>Columns before the image, and all columns of a row.</summary>
    public readonly int Left, Columns;

    private readonly ConvShape _shape;

    public ConvLayout(in ConvShape shape)
    {
        _shape = shape;
        FirstTap = shape.Circular ? 0 : Math.Max(0, shape.AnchorColumn - shape.Width + 1);
        int last = shape.Circular ? shape.KernelWidth - 1 : Math.Min(shape.KernelWidth - 1, shape.AnchorColumn + shape.Width - 1);
        Taps = last - FirstTap + 1;
        Left = shape.AnchorColumn - FirstTap;
        Columns = shape.Width + Taps - 1;
    }

    /// <summary>Pixels of all channels of an input.</summary>
    public nint InPixels => (nint)_shape.InChannels * _shape.Height * Columns;

    /// <summary>Kernel rows that meet the image at output row <paramref name="row"/>: the first one, and where each reads a channel of <paramref name="step"/> elements a pixel.</summary>
    public int KernelRows(int row, nint step, nint* offsets, out int first)
    {
        ConvShape s = _shape;
        first = s.Circular ? 0 : Math.Max(0, s.AnchorRow - row);
        int end = s.Circular ? s.KernelHeight : Math.Min(s.KernelHeight, s.Height + s.AnchorRow - row);
        for (int i = first; i < end; i++) offsets[i - first] = Wrap(row + i - s.AnchorRow, s.Height) * Columns * step;
        return end - first;
    }

    /// <summary>Image rows that meet kernel row <paramref name="tap"/>: the first one, and where each reads a channel of <paramref name="step"/> elements a pixel.</summary>
    public int ImageRows(int tap, nint step, nint* offsets, out int first)
    {
        ConvShape s = _shape;
        first = s.Circular ? 0 : Math.Max(0, s.AnchorRow - tap);
        int end = s.Circular ? s.Height : Math.Min(s.Height, s.Height + s.AnchorRow - tap);
        for (int h = first; h < end; h++) offsets[h - first] = Wrap(h + tap - s.AnchorRow, s.Height) * Columns * step;
        return Math.Max(0, end - first);
    }

    /// <summary>Brings <paramref name="rows"/> images into the layout, <paramref name="step"/> elements a pixel, a whole number of vectors; elements without an image are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void In<T, V, L>(T* x, int rows, T* target, nint step)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        ConvShape s = _shape;
        int lines = s.InChannels * s.Height, wide = (s.Width + 3) & ~3;
        for (int line = 0; line < lines; line++)
        {
            T* from = x + line * s.Width, to = target + ((nint)line * Columns + Left) * step;
            Pad<T, V, L>(to, s.Width, rows, step);
            // Whole groups of four columns are faster; what they write beyond the row is written again below and by the next rows.
            bool over = line * s.Width + wide <= s.InLength;
            Transposition.Run(from, s.InLength, to, step, rows, over ? wide : s.Width);
            for (int q = -Left; q < Columns - Left; q++)
            {
                if (q == 0) q = s.Width;
                if (q >= Columns - Left) break;
                var halo = new Span<T>(to + q * step, (int)step);
                if (s.Circular) new Span<T>(to + Wrap(q, s.Width) * step, (int)step).CopyTo(halo);
                else halo.Clear();
            }
        }
    }

    /// <summary>Brings <paramref name="rows"/> rows of <paramref name="length"/> into the layout without widening.</summary>
    public static void Plain<T, V, L>(T* x, int rows, int length, T* target, nint step)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        Pad<T, V, L>(target, length, rows, step);
        Transposition.Run(x, length, target, step, rows, length);
    }

    /// <summary>Brings results back, or adds them.</summary>
    public static void Out<T>(T* source, nint step, int rows, int length, T* z, bool add)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (add) Transposed.Add(T.One, new ReadOnlySpan<T>(source, checked(length * (int)step)), (int)step, length, rows, new Span<T>(z, length * rows), length);
        else Transposition.Run(source, step, z, length, length, rows);
    }

    // Zeros in the vector of each pixel that the batch does not fill.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pad<T, V, L>(T* target, int pixels, int rows, nint step)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        if (rows % L.Count == 0) return;
        T* last = target + step - L.Count;
        for (int p = 0; p < pixels; p++) L.Store(last + p * step, default);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Wrap(int at, int length)
    {
        if ((uint)at < (uint)length) return at;
        int rest = at % length;
        return rest < 0 ? rest + length : rest;
    }
}
