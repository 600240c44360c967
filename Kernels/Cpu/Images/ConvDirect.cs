using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Convolutions of few channels: every output pixel is a sum of weights times vectors of images (<see cref="ConvLayout"/>), with no copy of neighbourhoods.
/// </summary>
internal static unsafe class ConvDirect<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    /// <summary>Bytes of a block's images: they stay in a second-level cache.</summary>
    private const int BlockBytes = 1 << 20;

    /// <summary>Most vectors of a pixel in a block.</summary>
    private const int MostVectors = 4;

    /// <summary>The same in a weight gradient, which goes over a channel once for each tile of taps.</summary>
    private const int MostGradientVectors = 2;

    /// <summary>Most pieces of a weight gradient, each with sums of its own.</summary>
    private const int MostPieces = 8;

    /// <summary>Output channels of a tile.</summary>
    private const int MostRows = 4;

    /// <summary>Taps of a tile of a weight gradient.</summary>
    private static int MostTaps => L.MaxRows > 6 ? 4 : 2;

    public static void Prepare(ref ConvJob<T> job, bool gradient)
    {
        var layout = new ConvLayout(job.Shape);
        job.Vectors = (job.Batch + L.Count - 1) / L.Count;
        nint bytes = (layout.InPixels + job.Shape.OutLength) * L.Count * sizeof(T);
        int most = (int)Math.Clamp(BlockBytes / bytes, 1, gradient ? MostGradientVectors : MostVectors);
        job.Blocks = (job.Vectors + most - 1) / most;
        job.Pieces = gradient ? Math.Min(job.Blocks, MostPieces) : job.Blocks;
    }

    /// <summary>One block of a convolution.</summary>
    public static void Forward(ref ConvJob<T> job, int block)
    {
        ConvShape s = job.Shape;
        var layout = new ConvLayout(s);
        int first = Part(job.Vectors, job.Blocks, block) * L.Count;
        nint step = Part(job.Vectors, job.Blocks, block + 1) * L.Count - first;
        int rows = (int)Math.Min(step, job.Batch - first);
        nint inLength = layout.InPixels * step, outLength = s.OutLength * step, weights = (nint)s.OutChannels * s.InChannels * s.KernelHeight * layout.Taps;
        T* x = ThreadScratch.Get<T>(inLength + outLength + weights), z = x + inLength, w = z + outLength;
        Pack(s, layout, job.Mirrored, job.W, w);
        layout.In<T, V, L>(job.X + (nint)first * s.InLength, rows, x, step);
        Multiply(s, layout, x, w, job.Bias, z, step);
        ConvLayout.Out(z, step, rows, s.OutLength, job.Z + (nint)first * s.OutLength, job.Add);
    }

    /// <summary>The sums of one piece of a weight gradient.</summary>
    [SkipLocalsInit]
    public static void WeightGradient(ref ConvJob<T> job, int piece)
    {
        ConvShape s = job.Shape;
        var layout = new ConvLayout(s);
        int firstBlock = Part(job.Blocks, job.Pieces, piece), endBlock = Part(job.Blocks, job.Pieces, piece + 1), largest = 0;
        for (int block = firstBlock; block < endBlock; block++) largest = Math.Max(largest, Part(job.Vectors, job.Blocks, block + 1) - Part(job.Vectors, job.Blocks, block));
        nint most = largest * L.Count, inLength = layout.InPixels * most, outLength = s.OutLength * most, sumLength = (nint)s.WeightLength * L.Count;
        nint offsetLength = ((nint)s.Height * sizeof(nint) + sizeof(T) - 1) / sizeof(T) + 8;
        T* x = ThreadScratch.Get<T>(inLength + outLength + sumLength + offsetLength), z = x + inLength, sums = z + outLength;
        // Sums are whole vectors, so the offsets stay aligned.
        var offsets = (nint*)(((nint)(sums + sumLength) + sizeof(nint) - 1) & -sizeof(nint));
        new Span<T>(sums, checked((int)sumLength)).Clear();
        for (int block = firstBlock; block < endBlock; block++)
        {
            int first = Part(job.Vectors, job.Blocks, block) * L.Count;
            nint step = Part(job.Vectors, job.Blocks, block + 1) * L.Count - first;
            int rows = (int)Math.Min(step, job.Batch - first);
            layout.In<T, V, L>(job.X + (nint)first * s.InLength, rows, x, step);
            ConvLayout.Plain<T, V, L>(job.Z + (nint)first * s.OutLength, rows, s.OutLength, z, step);
            Correlate(s, layout, x, z, sums, step, offsets);
        }

        AddElements(sums, s.WeightLength, job.Sums + (nint)piece * s.WeightLength);
    }

    // to[i] := the sum of the elements of vector i. Transposed, a stretch of vectors at a time: adding along a vector would wait for every sum.
    [SkipLocalsInit]
    private static void AddElements(T* vectors, int count, T* to)
    {
        const int Stretch = 64;
        T* turned = stackalloc T[Stretch * L.Count];
        for (int i = 0; i < count; i += Stretch, vectors += Stretch * L.Count, to += Stretch)
        {
            int length = Math.Min(Stretch, count - i);
            Transposition.Run(vectors, L.Count, turned, Stretch, length, L.Count);
            new Span<T>(turned, length).CopyTo(new Span<T>(to, length));
            for (int e = 1; e < L.Count; e++) ConvPlanes.Add(turned + (e * Stretch), to, length);
        }
    }

    // Weights in the order in which tiles read them: tile of output channels, channel, kernel row, kernel column, output channel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack(in ConvShape s, in ConvLayout layout, bool mirrored, T* w, T* target)
    {
        nint outStep = mirrored ? s.Taps : s.WeightColumns, inStep = mirrored ? s.OutChannels * s.Taps : s.Taps;
        int step = mirrored ? -1 : 1;
        if (mirrored) w += s.Taps - 1;
        int tiles = Parts(s.OutChannels, MostRows);
        for (int tile = 0; tile < tiles; tile++)
        {
            int first = Part(s.OutChannels, tiles, tile), height = Part(s.OutChannels, tiles, tile + 1) - first;
            for (int c = 0; c < s.InChannels; c++)
                for (int i = 0; i < s.KernelHeight; i++)
                {
                    T* from = w + first * outStep + c * inStep + step * (i * s.KernelWidth + layout.FirstTap);
                    for (int j = 0; j < layout.Taps; j++, from += step)
                        for (int o = 0; o < height; o++) *target++ = from[o * outStep];
                }
        }
    }

    [SkipLocalsInit]
    private static void Multiply(in ConvShape s, in ConvLayout layout, T* x, T* w, T* bias, T* z, nint step)
    {
        nint* offsets = stackalloc nint[ConvShape.LargestKernel];
        ConvTileArgs<T> args = default;
        args.Rows = offsets;
        args.XPlane = (nint)s.Height * layout.Columns * step;
        args.ZPlane = s.Pixels * step;
        bool pointwise = s.Taps == 1;
        // A kernel of one pixel runs over the channels as another one over its taps.
        args.Channels = pointwise ? 1 : s.InChannels;
        args.Run = pointwise ? s.InChannels : layout.Taps;
        args.XStep = pointwise ? args.XPlane : step;
        int tiles = Parts(s.OutChannels, MostRows), vectors = (int)(s.Width * (step / L.Count)), lineWeights = s.KernelHeight * layout.Taps;
        for (int h = 0; h < s.Height; h++)
        {
            args.RowCount = layout.KernelRows(h, step, offsets, out int firstRow);
            for (int tile = 0; tile < tiles; tile++)
            {
                int first = Part(s.OutChannels, tiles, tile), height = Part(s.OutChannels, tiles, tile + 1) - first;
                args.W = w + (nint)first * s.InChannels * lineWeights + (nint)firstRow * layout.Taps * height;
                args.WPlane = (nint)lineWeights * height;
                args.Bias = bias == null ? null : bias + first;
                args.X = x;
                args.Z = z + first * args.ZPlane + h * s.Width * step;
                Line(&args, height, vectors);
            }
        }
    }

    // A row of pixels: the widest tiles first.
    private static void Line(ConvTileArgs<T>* args, int height, int vectors)
    {
        switch (height)
        {
            case 1: Line<Const1>(args, vectors, 8); break;
            case 2: Line<Const2>(args, vectors, L.MaxRows > 6 ? 8 : 4); break;
            case 3: Line<Const3>(args, vectors, L.MaxRows > 6 ? 8 : 2); break;
            default: Line<Const4>(args, vectors, L.MaxRows > 6 ? 4 : 2); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Line<H>(ConvTileArgs<T>* args, int left, int widest)
        where H : struct, IConstant
    {
        while (left > 0)
        {
            int width = Math.Min(left, widest);
            if (width >= 8) ConvTile<T, V, L>.Run<H, Const8>(args);
            else if (width >= 4) ConvTile<T, V, L>.Run<H, Const4>(args);
            else if (width >= 2) ConvTile<T, V, L>.Run<H, Const2>(args);
            else ConvTile<T, V, L>.Run<H, Const1>(args);
            width = width >= 8 ? 8 : width >= 4 ? 4 : width >= 2 ? 2 : 1;
            args->X += width * L.Count;
            args->Z += width * L.Count;
            left -= width;
        }
    }

    private static void Correlate(in ConvShape s, in ConvLayout layout, T* x, T* z, T* sums, nint step, nint* offsets)
    {
        ConvGradientArgs<T> args = default;
        args.XRows = offsets;
        args.ZRow = s.Width * step;
        args.ZPlane = s.Pixels * step;
        args.Vectors = (int)(args.ZRow / L.Count);
        args.SumPlane = (nint)s.WeightColumns * L.Count;
        nint plane = (nint)s.Height * layout.Columns * step;
        bool pointwise = s.Taps == 1;
        // A kernel of one pixel has its channels for taps.
        args.XStep = pointwise ? plane : step;
        args.SumStep = L.Count;
        int channels = pointwise ? 1 : s.InChannels, taps = pointwise ? s.InChannels : layout.Taps;
        int tiles = Parts(s.OutChannels, MostRows), tapTiles = Parts(taps, MostTaps);
        for (int i = 0; i < s.KernelHeight; i++)
        {
            args.RowCount = layout.ImageRows(i, step, offsets, out int firstRow);
            for (int c = 0; c < channels; c++)
                for (int tapTile = 0; tapTile < tapTiles; tapTile++)
                {
                    int firstTap = Part(taps, tapTiles, tapTile), width = Part(taps, tapTiles, tapTile + 1) - firstTap;
                    args.X = x + c * plane + firstTap * args.XStep;
                    for (int tile = 0; tile < tiles; tile++)
                    {
                        int first = Part(s.OutChannels, tiles, tile), height = Part(s.OutChannels, tiles, tile + 1) - first;
                        args.Dz = z + first * args.ZPlane + firstRow * args.ZRow;
                        args.Sums = sums + first * args.SumPlane + ((nint)c * s.Taps + i * s.KernelWidth + layout.FirstTap + firstTap) * L.Count;
                        switch (height)
                        {
                            case 1: Tile<Const1>(&args, width); break;
                            case 2: Tile<Const2>(&args, width); break;
                            case 3: Tile<Const3>(&args, width); break;
                            default: Tile<Const4>(&args, width); break;
                        }
                    }
                }
        }
    }

    private static void Tile<H>(ConvGradientArgs<T>* args, int width)
        where H : struct, IConstant
    {
        switch (width)
        {
            case 1: ConvGradientTile<T, V, L>.Run<H, Const1>(args); break;
            case 2: ConvGradientTile<T, V, L>.Run<H, Const2>(args); break;
            case 3: ConvGradientTile<T, V, L>.Run<H, Const3>(args); break;
            default: ConvGradientTile<T, V, L>.Run<H, Const4>(args); break;
        }
    }

    private static int Parts(int total, int size) => (total + size - 1) / size;

    private static int Part(int total, int count, int index) => (int)((long)total * index / count);
}
