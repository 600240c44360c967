using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Convolutions of many channels as matrix products, a group of images at a time: [out x in taps] times the neighbourhoods of the pixels where there are
/// fewer channels in than out; otherwise [out taps x in] times the pixels, and the taps added up. So it is always the fewer channels that are copied tap by tap.
/// </summary>
internal sealed unsafe class ConvProducts<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Channels on one side from which the products gain on the direct way: of a convolution, of a weight gradient, and where the kernel is a single pixel.</summary>
    private const int LeastChannels = 96;

    private const int LeastGradientChannels = 48;

    private const int LeastPointwiseChannels = 32;

    /// <summary>Pixels of a group: enough columns for the panels of a product.</summary>
    private const int GroupPixels = 512;

    /// <summary>From here on an image of a convolution is a group of its own: the product reads and writes it where it lies.</summary>
    private const int PixelsAlone = 128;

    /// <summary>Columns of a weight gradient up to which its images are not joined either.</summary>
    private const int NarrowResult = 256;

    [ThreadStatic]
    private static ConvProducts<T>? t_work;

    private ConvJob<T> _job;
    private Workers? _workers;
    private T* _weight;
    private bool _transposed;
    private int _group;

    /// <summary>Whether a convolution or a weight gradient is done this way: by the shape alone, and so that its products have more than one row and column.</summary>
    public static bool Suits(in ConvShape s, bool gradient)
    {
        int most = Math.Max(s.InChannels, s.OutChannels), fewest = Math.Min(s.InChannels, s.OutChannels);
        if (s.Pixels < 4) return false;
        if (s.Taps == 1) return fewest >= 8 && most >= LeastPointwiseChannels;
        return most >= (gradient ? LeastGradientChannels : LeastChannels);
    }

    public static void Forward(in ConvJob<T> job, Workers workers)
    {
        ConvShape s = job.Shape;
        bool gathers = Gathers(s), asItIs = s.Taps == 1 || (gathers && !job.Mirrored);
        ConvProducts<T> work = t_work ??= new ConvProducts<T>();
        using var packed = new Scratch<T>(asItIs ? 0 : s.WeightLength);
        work._job = job;
        work._workers = workers;
        work._group = s.Pixels >= PixelsAlone ? 1 : Group(s);
        work._transposed = s.Taps == 1 && job.Mirrored;
        work._weight = asItIs ? job.W : packed.Pointer;
        if (!asItIs) Arrange(s, gathers, job.Mirrored, job.W, packed.Pointer);
        workers.Run(work, (job.Batch + work._group - 1) / work._group);
    }

    public static void WeightGradient(in ConvJob<T> job, T alpha, T* dw, Workers workers)
    {
        ConvShape s = job.Shape, t = s.Transposed;
        bool gathers = Gathers(s);
        int wide = gathers ? s.WeightColumns : s.OutChannels * s.Taps, tall = gathers ? s.OutChannels : s.InChannels;
        // A long sum over pixels touches a large result less often; for a narrow one copying the images counts for more.
        bool alone = s.Pixels >= PixelsAlone && wide <= NarrowResult;
        int group = alone ? 1 : Group(s);
        if (job.Batch == 0 && !job.Add) new Span<T>(dw, s.WeightLength).Clear();
        if (job.Batch == 0) return;
        using var turned = new Scratch<T>(gathers ? 0 : s.WeightLength);
        for (int first = 0; first < job.Batch; first += group)
        {
            int images = Math.Min(group, job.Batch - first);
            nint pixels = (nint)images * s.Pixels;
            T* x = job.X + (nint)first * s.InLength, z = job.Z + (nint)first * s.OutLength;
            T* columns = ThreadScratch.Get<T>((alone ? wide : wide + tall) * pixels), rows = alone ? gathers ? z : x : columns + wide * pixels;
            for (int g = 0; g < images; g++)
            {
                if (gathers) ConvPlanes.Gather(s, x + (nint)g * s.InLength, columns + g * s.Pixels, pixels);
                else ConvPlanes.Gather(t, z + (nint)g * s.OutLength, columns + g * s.Pixels, pixels);
            }

            if (!alone) Join(gathers ? z : x, images, tall, s.Pixels, rows);
            if (gathers) Gemm.Run(false, true, tall, wide, (int)pixels, alpha, rows, (int)pixels, columns, (int)pixels, job.Add || first > 0, dw, wide, workers);
            else Gemm.Run(false, true, tall, wide, (int)pixels, alpha, rows, (int)pixels, columns, (int)pixels, first > 0, turned.Pointer, wide, workers);
        }

        if (gathers) return;
        for (int o = 0; o < s.OutChannels; o++)
            for (int c = 0; c < s.InChannels; c++)
            {
                T* from = turned.Pointer + ((nint)c * wide) + ((o + 1) * s.Taps) - 1;
                for (int tap = 0; tap < s.Taps; tap++, dw++) *dw = job.Add ? *dw + from[-tap] : from[-tap];
            }
    }

    /// <summary>A group of images.</summary>
    public override void Execute(int index)
    {
        ConvShape s = _job.Shape;
        int first = index * _group, images = Math.Min(_group, _job.Batch - first);
        nint pixels = (nint)images * s.Pixels;
        bool gathers = Gathers(s), alone = _group == 1, inPlace = alone && (s.Taps == 1 || !gathers), delivered = alone && gathers;
        int inner = gathers ? s.WeightColumns : s.InChannels, outer = gathers ? s.OutChannels : s.OutChannels * s.Taps;
        T* x = _job.X + (nint)first * s.InLength, z = _job.Z + (nint)first * s.OutLength;
        T* scratch = ThreadScratch.Get<T>(((inPlace ? 0 : inner) + (delivered ? 0 : outer)) * pixels);
        T* columns = inPlace ? x : scratch, products = delivered ? z : inPlace ? scratch : scratch + inner * pixels;
        if (!inPlace && (!gathers || s.Taps == 1)) Join(x, images, s.InChannels, s.Pixels, columns);
        else if (!inPlace)
            for (int g = 0; g < images; g++) ConvPlanes.Gather(s, x + (nint)g * s.InLength, columns + g * s.Pixels, pixels);
        Gemm.Run(_transposed, false, outer, (int)pixels, inner, T.One, _weight, _transposed ? outer : inner, columns, (int)pixels, delivered && _job.Add, products, (int)pixels, _workers);
        for (int g = 0; g < images; g++, z += s.OutLength)
        {
            if (!gathers && !_job.Add) Start(s, z);
            if (!gathers) ConvPlanes.Spread(s, products + g * s.Pixels, pixels, z);
            else if (!delivered) Deliver(s, products + g * s.Pixels, pixels, z);
            else if (!_job.Add && _job.Bias != null)
                for (int o = 0; o < s.OutChannels; o++) ConvPlanes.AddNumber(z + (nint)o * s.Pixels, _job.Bias[o], z + (nint)o * s.Pixels, s.Pixels);
        }
    }

    private void Start(in ConvShape s, T* z)
    {
        for (int o = 0; o < s.OutChannels; o++) new Span<T>(z + (nint)o * s.Pixels, s.Pixels).Fill(_job.Bias == null ? T.Zero : _job.Bias[o]);
    }

    private void Deliver(in ConvShape s, T* products, nint stride, T* z)
    {
        for (int o = 0; o < s.OutChannels; o++, products += stride, z += s.Pixels)
        {
            if (_job.Add) ConvPlanes.Add(products, z, s.Pixels);
            else if (_job.Bias != null) ConvPlanes.AddNumber(products, _job.Bias[o], z, s.Pixels);
            else new Span<T>(products, s.Pixels).CopyTo(new Span<T>(z, s.Pixels));
        }
    }

    // Images one after another become rows of channels, image beside image.
    private static void Join(T* x, int images, int channels, int pixels, T* target)
    {
        nint stride = (nint)images * pixels;
        for (int g = 0; g < images; g++, target += pixels)
            for (int c = 0; c < channels; c++, x += pixels) new Span<T>(x, pixels).CopyTo(new Span<T>(target + c * stride, pixels));
    }

    // The weight as [out x (in, tap)], or as [(out, tap) x in].
    private static void Arrange(in ConvShape s, bool gathers, bool mirrored, T* w, T* target)
    {
        nint outStep = gathers ? s.WeightColumns : (nint)s.Taps * s.InChannels, inStep = gathers ? s.Taps : 1, tapStep = gathers ? 1 : s.InChannels;
        int outer = mirrored ? s.InChannels : s.OutChannels, inner = mirrored ? s.OutChannels : s.InChannels;
        for (int p = 0; p < outer; p++)
            for (int q = 0; q < inner; q++)
            {
                T* to = mirrored ? target + q * outStep + p * inStep + (s.Taps - 1) * tapStep : target + p * outStep + q * inStep;
                nint step = mirrored ? -tapStep : tapStep;
                for (int tap = 0; tap < s.Taps; tap++, to += step) *to = *w++;
            }
    }

    private static bool Gathers(in ConvShape s) => s.Taps == 1 || s.InChannels <= s.OutChannels;

    private static int Group(in ConvShape s) => Math.Max(1, (GroupPixels + s.Pixels - 1) / s.Pixels);
}
