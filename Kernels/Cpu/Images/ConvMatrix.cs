using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The dense matrix T [OutLength x InLength] of a convolution, z = T x, for any padding.</summary>
public static class ConvMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices w, t; sizes the packed shape.
    private static readonly KernelId BuildId = CpuKernels<T>.Define("conv-matrix", static (in CpuArgs<T> a) => Build(Shape(a), a[0], a[1]));

    // Slices t, dw; sizes the packed shape; real alpha.
    private static readonly KernelId AddTapsId = CpuKernels<T>.Define("conv-matrix-taps", static (in CpuArgs<T> a) => AddTaps(Shape(a), a[0], a[1], a.Real(0)));

    /// <summary>t := T(w). Cost: one pass over T.</summary>
    public static void Build(IBackend<T> backend, in ConvShape shape, Slice w, Slice t)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(BuildId, new KernelArgs([w, t], [p, q, r]));
    }

    /// <summary>dw[tap] += alpha times the sum of the elements of <paramref name="t"/> where the matrix holds this tap.</summary>
    public static void AddTaps(IBackend<T> backend, in ConvShape shape, Slice t, Slice dw, double alpha = 1)
    {
        (int p, int q, int r) = shape.Pack();
        backend.Run(AddTapsId, new KernelArgs([t, dw], [p, q, r], [alpha]));
    }

    internal static void Build(in ConvShape s, ReadOnlySpan<T> weight, Span<T> t)
    {
        t[..(s.OutLength * s.InLength)].Clear();
        int at = 0;
        for (int o = 0; o < s.OutChannels; o++)
            for (int c = 0; c < s.InChannels; c++)
                for (int i = 0; i < s.KernelHeight; i++)
                    for (int j = 0; j < s.KernelWidth; j++, at++)
                        for (int h = 0; h < s.Height; h++)
                            for (int w = 0; w < s.Width; w++)
                            {
                                // Circular padding may put two taps in one place.
                                int element = Element(s, o, c, h, w, i, j);
                                if (element >= 0) t[element] += weight[at];
                            }
    }

    internal static void AddTaps(in ConvShape s, ReadOnlySpan<T> t, Span<T> dw, T alpha)
    {
        int at = 0;
        for (int o = 0; o < s.OutChannels; o++)
            for (int c = 0; c < s.InChannels; c++)
                for (int i = 0; i < s.KernelHeight; i++)
                    for (int j = 0; j < s.KernelWidth; j++, at++)
                    {
                        T sum = T.Zero;
                        for (int h = 0; h < s.Height; h++)
                            for (int w = 0; w < s.Width; w++)
                            {
                                int element = Element(s, o, c, h, w, i, j);
                                if (element >= 0) sum += t[element];
                            }
                        dw[at] += alpha * sum;
                    }
    }

    // Where tap (i, j) of output pixel (h, w) lies in T, or -1 outside the image.
    private static int Element(in ConvShape s, int o, int c, int h, int w, int i, int j)
    {
        int source = ReferenceConvolution<T>.Source(s, h, w, i, j);
        return source < 0 ? -1 : (((o * s.Pixels) + (h * s.Width) + w) * s.InLength) + (c * s.Pixels) + source;
    }

    private static ConvShape Shape(in CpuArgs<T> a) => ConvShape.Unpack(a.Size(0), a.Size(1), a.Size(2));
}
