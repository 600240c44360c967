using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Convolutions as the formula says, one number after another.</summary>
internal static class ReferenceConvolution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static void Forward(in ConvShape s, int batch, ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> bias, Span<T> z, bool add)
    {
        for (int b = 0; b < batch; b++)
            for (int o = 0; o < s.OutChannels; o++)
                for (int h = 0; h < s.Height; h++)
                    for (int w = 0; w < s.Width; w++)
                    {
                        T sum = bias.IsEmpty ? T.Zero : bias[o];
                        for (int c = 0; c < s.InChannels; c++)
                            for (int i = 0; i < s.KernelHeight; i++)
                                for (int j = 0; j < s.KernelWidth; j++)
                                {
                                    int at = Source(s, h, w, i, j);
                                    if (at >= 0) sum += weight[(((o * s.InChannels) + c) * s.Taps) + (i * s.KernelWidth) + j] * x[(b * s.InLength) + (c * s.Pixels) + at];
                                }
                        int to = (b * s.OutLength) + (o * s.Pixels) + (h * s.Width) + w;
                        z[to] = add ? z[to] + sum : sum;
                    }
    }

    public static void InputGradient(in ConvShape s, int batch, ReadOnlySpan<T> dz, ReadOnlySpan<T> weight, Span<T> dx, bool add)
    {
        if (!add) dx[..(batch * s.InLength)].Clear();
        for (int b = 0; b < batch; b++)
            for (int o = 0; o < s.OutChannels; o++)
                for (int h = 0; h < s.Height; h++)
                    for (int w = 0; w < s.Width; w++)
                        for (int c = 0; c < s.InChannels; c++)
                            for (int i = 0; i < s.KernelHeight; i++)
                                for (int j = 0; j < s.KernelWidth; j++)
                                {
                                    int at = Source(s, h, w, i, j);
                                    if (at >= 0) dx[(b * s.InLength) + (c * s.Pixels) + at] += weight[(((o * s.InChannels) + c) * s.Taps) + (i * s.KernelWidth) + j] * dz[(b * s.OutLength) + (o * s.Pixels) + (h * s.Width) + w];
                                }
    }

    public static void WeightGradient(in ConvShape s, int batch, ReadOnlySpan<T> x, ReadOnlySpan<T> dz, Span<T> dw, T alpha, bool add)
    {
        for (int o = 0; o < s.OutChannels; o++)
            for (int c = 0; c < s.InChannels; c++)
                for (int i = 0; i < s.KernelHeight; i++)
                    for (int j = 0; j < s.KernelWidth; j++)
                    {
                        T sum = T.Zero;
                        for (int b = 0; b < batch; b++)
                            for (int h = 0; h < s.Height; h++)
                                for (int w = 0; w < s.Width; w++)
                                {
                                    int at = Source(s, h, w, i, j);
                                    if (at >= 0) sum += dz[(b * s.OutLength) + (o * s.Pixels) + (h * s.Width) + w] * x[(b * s.InLength) + (c * s.Pixels) + at];
                                }
                        int to = (((o * s.InChannels) + c) * s.Taps) + (i * s.KernelWidth) + j;
                        dw[to] = add ? dw[to] + (alpha * sum) : alpha * sum;
                    }
    }

    public static void BiasGradient(int batch, int channels, int pixels, ReadOnlySpan<T> dz, Span<T> db)
    {
        for (int o = 0; o < channels; o++)
        {
            T sum = T.Zero;
            for (int b = 0; b < batch; b++)
                for (int p = 0; p < pixels; p++) sum += dz[(((b * channels) + o) * pixels) + p];
            db[o] += sum;
        }
    }

    // Where tap (i, j) of output pixel (h, w) reads, or -1 for a zero.
    internal static int Source(in ConvShape s, int h, int w, int i, int j)
    {
        int row = h + i - s.AnchorRow, column = w + j - s.AnchorColumn;
        if (s.Circular) return (Wrap(row, s.Height) * s.Width) + Wrap(column, s.Width);
        return (uint)row < (uint)s.Height && (uint)column < (uint)s.Width ? (row * s.Width) + column : -1;
    }

    private static int Wrap(int at, int length) => ((at % length) + length) % length;
}
