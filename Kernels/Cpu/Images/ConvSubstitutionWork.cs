using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>
/// Substitution through a masked convolution for as many images at a time as a vector has elements, a piece for every vector of images: pixels must
/// follow one another, images need not. One object per calling thread, so that it allocates nothing after the first.
/// </summary>
internal sealed unsafe class ConvSubstitutionWork<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Output channels that share a loaded input: enough sums to hide the latency of multiply-add.
    private const int Block = 8;

    [ThreadStatic]
    private static ConvSubstitutionWork<T>? reused;

    private ConvShape _shape;
    private T* _weight;
    private T* _images;
    private int _batch;
    private bool _transpose;

    public static ConvSubstitutionWork<T> Current => reused ??= new ConvSubstitutionWork<T>();

    private static int Width => Vector512.IsHardwareAccelerated ? Vector512<T>.Count : Vector.IsHardwareAccelerated ? Vector<T>.Count : 1;

    public void Run(in ConvShape shape, int batch, Span<T> weight, Span<T> images, bool transpose, Workers workers)
    {
        fixed (T* w = weight, x = images)
        {
            _shape = shape;
            _weight = w;
            _images = x;
            _batch = batch;
            _transpose = transpose;
            int pieces = (batch + Width - 1) / Width;
            if (workers.Threads > 1) workers.Run(this, pieces);
            else
                for (int i = 0; i < pieces; i++) Execute(i);
            _weight = null;
            _images = null;
        }
    }

    public override void Execute(int index)
    {
        if (Vector512.IsHardwareAccelerated) Solve<Vector512Lane<T>>(index * Width);
        else if (Vector.IsHardwareAccelerated) Solve<VectorLane<T>>(index * Width);
        else Solve<ScalarLane<T>>(index * Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Solve<TLane>(int first)
        where TLane : struct, ILane<TLane, T>
    {
        ConvShape s = _shape;
        nint lanes = TLane.Width;
        int channels = s.OutChannels, features = s.InLength, count = Math.Min(_batch - first, TLane.Width), padded = (channels + Block - 1) / Block * Block;
        T* x = ThreadScratch.Get<T>((features * lanes) + ((nint)padded * channels * s.Taps) + channels), packed = x + (features * lanes), diagonal = packed + ((nint)padded * channels * s.Taps);
        // Places of images that are not there are computed too: with numbers that cannot be slow or raise anything.
        if (count < TLane.Width) new Span<T>(x, checked(features * TLane.Width)).Clear();
        Transposition.Run(_images + ((nint)first * features), features, x, lanes, count, features);
        Pack(packed, diagonal, padded);
        // T^T in reversed order of channels, rows and columns is such a map again, with its channels exchanged.
        T* origin = _transpose ? x + ((features - 1) * lanes) : x;
        nint step = _transpose ? -lanes : lanes;
        for (int h = 0; h < s.Height; h++)
            for (int w = 0; w < s.Width; w++)
                for (int o = 0; o < channels; o += Block)
                    SolveBlock<TLane>(origin + (((h * s.Width) + w) * step), step, s, packed + ((nint)o * channels * s.Taps), diagonal, o, Math.Min(Block, channels - o), Math.Max(0, s.AnchorRow - h), Math.Max(0, s.AnchorColumn - w));
        Transposition.Run(x, lanes, _images + ((nint)first * features), features, features, count);
    }

    /// <summary>Channels o to o + rows of one pixel; taps above <paramref name="top"/> and left of <paramref name="left"/> lie outside the image.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SolveBlock<TLane>(T* pixel, nint step, in ConvShape s, T* packed, T* diagonal, int o, int rows, int top, int left)
        where TLane : struct, ILane<TLane, T>
    {
        nint plane = s.Pixels * step;
        T* sums = stackalloc T[Block * 16];
        TLane s0 = TLane.Broadcast(T.Zero), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (int i = top; i < s.KernelHeight; i++)
            for (int j = left; j < s.KernelWidth; j++)
            {
                int tap = (i * s.KernelWidth) + j;
                T* source = pixel + ((((i - s.AnchorRow) * s.Width) + j - s.AnchorColumn) * step), weight = packed + ((nint)tap * s.InChannels * Block);
                // Of the last tap only the channels that are solved already.
                for (int c = tap == s.Taps - 1 ? o : s.InChannels; c > 0; c--, source += plane, weight += Block)
                {
                    TLane v = TLane.Load(source);
                    s0 = TLane.MultiplyAdd(TLane.Broadcast(weight[0]), v, s0);
                    s1 = TLane.MultiplyAdd(TLane.Broadcast(weight[1]), v, s1);
                    s2 = TLane.MultiplyAdd(TLane.Broadcast(weight[2]), v, s2);
                    s3 = TLane.MultiplyAdd(TLane.Broadcast(weight[3]), v, s3);
                    s4 = TLane.MultiplyAdd(TLane.Broadcast(weight[4]), v, s4);
                    s5 = TLane.MultiplyAdd(TLane.Broadcast(weight[5]), v, s5);
                    s6 = TLane.MultiplyAdd(TLane.Broadcast(weight[6]), v, s6);
                    s7 = TLane.MultiplyAdd(TLane.Broadcast(weight[7]), v, s7);
                }
            }
        TLane.Store(s0, sums);
        TLane.Store(s1, sums + TLane.Width);
        TLane.Store(s2, sums + (2 * TLane.Width));
        TLane.Store(s3, sums + (3 * TLane.Width));
        TLane.Store(s4, sums + (4 * TLane.Width));
        TLane.Store(s5, sums + (5 * TLane.Width));
        TLane.Store(s6, sums + (6 * TLane.Width));
        TLane.Store(s7, sums + (7 * TLane.Width));
        T* own = pixel + (o * plane), last = packed + (((nint)(s.Taps - 1) * s.InChannels) + o) * Block;
        for (int r = 0; r < rows; r++)
        {
            TLane solved = (TLane.Load(own + (r * plane)) - TLane.Load(sums + (r * TLane.Width))) / TLane.Broadcast(diagonal[o + r]);
            TLane.Store(solved, own + (r * plane));
            for (int below = r + 1; below < rows; below++)
                TLane.Store(TLane.MultiplyAdd(TLane.Broadcast(last[(r * Block) + below]), solved, TLane.Load(sums + (below * TLane.Width))), sums + (below * TLane.Width));
        }
    }

    /// <summary>The weights as they are read: [block of outputs, tap, input, output in the block], zeros beyond the last output; and the diagonal.</summary>
    private void Pack(T* packed, T* diagonal, int padded)
    {
        ConvShape s = _shape;
        int channels = s.OutChannels;
        for (int o = 0; o < padded; o++)
        {
            T* block = packed + ((nint)(o / Block) * Block * channels * s.Taps) + (o % Block);
            for (int c = 0; c < channels; c++)
                for (int t = 0; t < s.Taps; t++)
                {
                    T weight = o >= channels ? T.Zero : _transpose
                        ? _weight[((((nint)(channels - 1 - c) * channels) + channels - 1 - o) * s.Taps) + t]
                        : _weight[((((nint)o * channels) + c) * s.Taps) + t];
                    block[(((nint)t * channels) + c) * Block] = weight;
                    if (t == s.Taps - 1 && c == o) diagonal[o] = weight;
                }
        }
    }
}
