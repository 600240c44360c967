using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>An upper bound of a convolution's spectral norm, from its weights alone.</summary>
public static class ConvolutionNorm<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices weight, y; sizes channels out and in, taps.
    private static readonly KernelId BoundId = CpuKernels<T>.Define("conv2d-norm-bound", static (in CpuArgs<T> a) =>
        a[1][0] = T.CreateSaturating(Bound(a[0], a.Size(0), a.Size(1), a.Size(2))));

    /// <summary>
    /// y := a number that the spectral norm of x to weight * x does not exceed, for any image and padding; NaN or infinite where a weight is.
    /// The map is a sum of taps, each a C x C matrix and a shift, whose norm is at most 1; a matrix has |A| at most sqrt(|A|_1 |A|_inf) and at most
    /// |A|_F. The least of: the sum of those over the taps, and sqrt(|T|_1 |T|_inf) of the whole map. One pass over the weight, in double.
    /// </summary>
    public static void Bound(IBackend<T> backend, in ConvShape shape, Slice weight, Slice y)
        => backend.Run(BoundId, new KernelArgs([weight, y], [shape.OutChannels, shape.InChannels, shape.Taps]));

    private static double Bound(ReadOnlySpan<T> weight, int rows, int cols, int taps)
    {
        double byTaps = 0, most = 0, mostColumn = 0;
        for (int t = 0; t < taps; t++)
        {
            double one = 0, infinity = 0, squares = 0;
            for (int o = 0; o < rows; o++)
            {
                double sum = 0;
                for (int c = 0; c < cols; c++)
                {
                    double value = At(weight, o, c, t);
                    sum += value;
                    squares += value * value;
                }
                infinity = Math.Max(infinity, sum);
            }
            for (int c = 0; c < cols; c++)
            {
                double sum = 0;
                for (int o = 0; o < rows; o++) sum += At(weight, o, c, t);
                one = Math.Max(one, sum);
            }
            byTaps += Math.Min(Math.Sqrt(one) * Math.Sqrt(infinity), Math.Sqrt(squares));
        }
        for (int o = 0; o < rows; o++)
        {
            double sum = 0;
            for (int c = 0; c < cols; c++)
                for (int t = 0; t < taps; t++) sum += At(weight, o, c, t);
            most = Math.Max(most, sum);
        }
        for (int c = 0; c < cols; c++)
        {
            double sum = 0;
            for (int o = 0; o < rows; o++)
                for (int t = 0; t < taps; t++) sum += At(weight, o, c, t);
            mostColumn = Math.Max(mostColumn, sum);
        }
        return Math.Min(byTaps, Math.Sqrt(most) * Math.Sqrt(mostColumn));

        double At(ReadOnlySpan<T> w, int o, int c, int t) => Math.Abs(double.CreateTruncating(w[(((o * cols) + c) * taps) + t]));
    }
}
