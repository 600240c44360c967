using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The fast convolutions. Results do not depend on the number of threads; those of an image do not depend on the others of the batch.</summary>
internal static unsafe class SimdConvolution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static void Forward(in ConvShape s, int batch, ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> bias, Span<T> z, bool add, Workers workers)
        => Apply(s, false, batch, x, weight, bias, z, add, workers);

    public static void InputGradient(in ConvShape s, int batch, ReadOnlySpan<T> dz, ReadOnlySpan<T> weight, Span<T> dx, bool add, Workers workers)
        => Apply(s.Transposed, true, batch, dz, weight, default, dx, add, workers);

    public static void WeightGradient(in ConvShape s, int batch, ReadOnlySpan<T> x, ReadOnlySpan<T> dz, Span<T> dw, T alpha, bool add, Workers workers)
    {
        Need(s, batch, x.Length, dw.Length, dz.Length);
        fixed (T* px = x, pz = dz, pw = dw)
        {
            var job = new ConvJob<T> { Shape = s, Batch = batch, X = px, Z = pz, Add = add };
            if (ConvProducts<T>.Suits(s, gradient: true)) ConvProducts<T>.WeightGradient(job, alpha, pw, workers);
            else ConvWork<T>.WeightGradient(job, alpha, dw, workers);
        }
    }

    private static void Apply(in ConvShape s, bool mirrored, int batch, ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> bias, Span<T> z, bool add, Workers workers)
    {
        Need(s, batch, x.Length, weight.Length, z.Length);
        if (!bias.IsEmpty && bias.Length < s.OutChannels) throw new ArgumentException($"Convolution: {bias.Length} numbers of bias; {s} needs {s.OutChannels}.");
        fixed (T* px = x, pw = weight, pb = bias, pz = z)
        {
            var job = new ConvJob<T> { Shape = s, Mirrored = mirrored, Batch = batch, X = px, W = pw, Bias = pb, Z = pz, Add = add };
            if (ConvProducts<T>.Suits(s, gradient: false)) ConvProducts<T>.Forward(job, workers);
            else ConvWork<T>.Forward(job, workers);
        }
    }

    private static void Need(in ConvShape s, int batch, int x, int weight, int z)
    {
        if (batch < 0 || x < (long)batch * s.InLength || z < (long)batch * s.OutLength || weight < s.WeightLength)
            throw new ArgumentException($"Convolution: {x} and {z} numbers of {batch} images and {weight} weights; {s} needs {(long)batch * s.InLength}, {(long)batch * s.OutLength} and {s.WeightLength}.");
    }
}
