using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Substitution through a masked convolution as the formula says, one number after another.</summary>
internal static class ReferenceConvSubstitution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static void Solve(in ConvShape s, int batch, ReadOnlySpan<T> weight, Span<T> images)
    {
        for (int b = 0; b < batch; b++)
        {
            Span<T> x = images.Slice(b * s.InLength, s.InLength);
            for (int h = 0; h < s.Height; h++)
                for (int w = 0; w < s.Width; w++)
                    for (int o = 0; o < s.OutChannels; o++)
                    {
                        T sum = x[(o * s.Pixels) + (h * s.Width) + w];
                        for (int c = 0; c < s.InChannels; c++)
                            for (int i = 0; i < s.KernelHeight; i++)
                                for (int j = 0; j < s.KernelWidth; j++)
                                {
                                    int row = h + i - s.AnchorRow, column = w + j - s.AnchorColumn;
                                    if (row < 0 || column < 0 || (IsLast(s, i, j) && c >= o)) continue;
                                    sum -= Weight(s, weight, o, c, i, j) * x[(c * s.Pixels) + (row * s.Width) + column];
                                }
                        x[(o * s.Pixels) + (h * s.Width) + w] = sum / Weight(s, weight, o, o, s.AnchorRow, s.AnchorColumn);
                    }
        }
    }

    public static void SolveTransposed(in ConvShape s, int batch, ReadOnlySpan<T> weight, Span<T> images)
    {
        for (int b = 0; b < batch; b++)
        {
            Span<T> x = images.Slice(b * s.InLength, s.InLength);
            for (int h = s.Height - 1; h >= 0; h--)
                for (int w = s.Width - 1; w >= 0; w--)
                    for (int c = s.InChannels - 1; c >= 0; c--)
                    {
                        T sum = x[(c * s.Pixels) + (h * s.Width) + w];
                        for (int o = 0; o < s.OutChannels; o++)
                            for (int i = 0; i < s.KernelHeight; i++)
                                for (int j = 0; j < s.KernelWidth; j++)
                                {
                                    // The output pixels whose tap (i, j) reads this one.
                                    int row = h - i + s.AnchorRow, column = w - j + s.AnchorColumn;
                                    if (row >= s.Height || column >= s.Width || (IsLast(s, i, j) && c >= o)) continue;
                                    sum -= Weight(s, weight, o, c, i, j) * x[(o * s.Pixels) + (row * s.Width) + column];
                                }
                        x[(c * s.Pixels) + (h * s.Width) + w] = sum / Weight(s, weight, c, c, s.AnchorRow, s.AnchorColumn);
                    }
        }
    }

    private static bool IsLast(in ConvShape s, int i, int j) => i == s.AnchorRow && j == s.AnchorColumn;

    private static T Weight(in ConvShape s, ReadOnlySpan<T> weight, int o, int c, int i, int j)
        => weight[(((o * s.InChannels) + c) * s.Taps) + (i * s.KernelWidth) + j];
}
