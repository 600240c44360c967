using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Planes of pixels moved by the taps of a kernel: neighbourhoods laid out as rows of a matrix, and products of all taps added up.</summary>
internal static unsafe class ConvPlanes
{
    /// <summary>columns[(c, tap), p] := x[c, p + tap] for the image at <paramref name="x"/>; rows of <paramref name="columns"/> are <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather<T>(in ConvShape s, T* x, T* columns, nint stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int c = 0; c < s.InChannels; c++, x += s.Pixels)
            for (int i = 0; i < s.KernelHeight; i++)
                for (int j = 0; j < s.KernelWidth; j++, columns += stride)
                {
                    int down = i - s.AnchorRow, right = j - s.AnchorColumn;
                    if (s.Circular) Around(s, x, columns, down, right);
                    else Move(s, x, columns, down, right);
                }
    }

    /// <summary>z[o, p] += the sum over taps of products[(o, tap), p + tap]; what lies at the edges of <paramref name="products"/> is lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread<T>(in ConvShape s, T* products, nint stride, T* z)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int o = 0; o < s.OutChannels; o++, z += s.Pixels)
            for (int i = 0; i < s.KernelHeight; i++)
                for (int j = 0; j < s.KernelWidth; j++, products += stride)
                {
                    int down = i - s.AnchorRow, right = j - s.AnchorColumn;
                    if (s.Circular) AddAround(s, products, z, down, right);
                    else AddMoved(s, products, z, down, right);
                }
    }

    /// <summary>to[i] += from[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(T* from, T* to, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        if (Vector<T>.IsSupported)
            for (; i <= count - Vector<T>.Count; i += Vector<T>.Count) Vector.Store(Vector.Load(to + i) + Vector.Load(from + i), to + i);
        for (; i < count; i++) to[i] += from[i];
    }

    /// <summary>to[i] := from[i] + number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddNumber<T>(T* from, T number, T* to, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        if (Vector<T>.IsSupported)
        {
            var numbers = new Vector<T>(number);
            for (; i <= count - Vector<T>.Count; i += Vector<T>.Count) Vector.Store(Vector.Load(from + i) + numbers, to + i);
        }

        for (; i < count; i++) to[i] = from[i] + number;
    }

    // The whole plane at once; what came over an edge from the neighbouring row is then cleared.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Move<T>(in ConvShape s, T* x, T* to, int down, int right)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Math.Abs(down) >= s.Height || Math.Abs(right) >= s.Width)
        {
            new Span<T>(to, s.Pixels).Clear();
            return;
        }

        int shift = (down * s.Width) + right, from = Math.Max(0, -shift), end = Math.Min(s.Pixels, s.Pixels - shift);
        new Span<T>(to, from).Clear();
        new Span<T>(x + from + shift, end - from).CopyTo(new Span<T>(to + from, end - from));
        new Span<T>(to + end, s.Pixels - end).Clear();
        Clear(s, to, right < 0 ? 0 : s.Width - right, Math.Abs(right));
    }

    // Columns of the products that no pixel of the moved plane sees are cleared; then the whole plane is added at once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddMoved<T>(in ConvShape s, T* from, T* z, int down, int right)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Math.Abs(down) >= s.Height || Math.Abs(right) >= s.Width) return;
        Clear(s, from, right < 0 ? s.Width + right : 0, Math.Abs(right));
        int shift = (down * s.Width) + right, first = Math.Max(0, -shift), end = Math.Min(s.Pixels, s.Pixels - shift);
        Add(from + first + shift, z + first, end - first);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Clear<T>(in ConvShape s, T* plane, int first, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = first; k < first + columns; k++)
            for (int p = k; p < s.Pixels; p += s.Width) plane[p] = T.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Around<T>(in ConvShape s, T* x, T* to, int down, int right)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int shift = Wrap(right, s.Width);
        for (int h = 0; h < s.Height; h++, to += s.Width)
        {
            T* line = x + (Wrap(h + down, s.Height) * s.Width);
            new Span<T>(line + shift, s.Width - shift).CopyTo(new Span<T>(to, s.Width - shift));
            new Span<T>(line, shift).CopyTo(new Span<T>(to + s.Width - shift, shift));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddAround<T>(in ConvShape s, T* from, T* z, int down, int right)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int shift = Wrap(right, s.Width);
        for (int h = 0; h < s.Height; h++, z += s.Width)
        {
            T* line = from + (Wrap(h + down, s.Height) * s.Width);
            Add(line + shift, z, s.Width - shift);
            Add(line, z + s.Width - shift, shift);
        }
    }

    private static int Wrap(int at, int length) => ((at % length) + length) % length;
}
