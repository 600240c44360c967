namespace NativeFlow.Kernels.Gpu;

/// <summary>A <see cref="ConvShape"/> as kernels take it, and where in the images its taps lie.</summary>
/// <param name="InChannels">Channels of x.</param>
/// <param name="OutChannels">Channels of z.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="KernelHeight">Rows of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
/// <param name="AnchorRow">Row of the kernel on the pixel itself.</param>
/// <param name="AnchorColumn">Column of the kernel on the pixel itself.</param>
/// <param name="Circular">1 where images go on at their other side.</param>
/// <param name="Batch">Images.</param>
/// <param name="Mirrored">1 where the weight lies as that of the transposed map.</param>
public readonly record struct ConvGeometry(
    int InChannels, int OutChannels, int Height, int Width, int KernelHeight, int KernelWidth, int AnchorRow, int AnchorColumn, int Circular, int Batch, int Mirrored)
{
    /// <summary>From a shape.</summary>
    internal static ConvGeometry Of(in ConvShape s, int batch, int mirrored = 0)
        => new(s.InChannels, s.OutChannels, s.Height, s.Width, s.KernelHeight, s.KernelWidth, s.AnchorRow, s.AnchorColumn, s.Circular ? 1 : 0, batch, mirrored);

    /// <summary>Numbers of an image in one channel.</summary>
    public int Pixels => Height * Width;

    /// <summary>Weights of one output channel.</summary>
    public int WeightColumns => InChannels * KernelHeight * KernelWidth;

    /// <summary>Pixel <paramref name="n"/> of all images of the batch, as an output; one outside for what is beyond.</summary>
    public ConvPixel Pixel(int n)
    {
        int image = n / Pixels, p = n % Pixels;
        return n < Batch * Pixels ? new ConvPixel(image * InChannels * Pixels, p / Width, p % Width) : new ConvPixel(-1, 0, 0);
    }

    /// <summary>Weight <paramref name="k"/> of an output channel; one outside for what is beyond.</summary>
    public ConvPixel Tap(int k)
    {
        int taps = KernelHeight * KernelWidth, tap = k % taps;
        return k < WeightColumns ? new ConvPixel(k / taps * Pixels, (tap / KernelWidth) - AnchorRow, (tap % KernelWidth) - AnchorColumn) : new ConvPixel(-1, 0, 0);
    }

    /// <summary>Where in x the tap of an output pixel lies, or -1 for a zero.</summary>
    public int Source(in ConvPixel pixel, in ConvPixel tap)
    {
        if (pixel.Start < 0 || tap.Start < 0) return -1;
        int row = pixel.Row + tap.Row, column = pixel.Column + tap.Column;
        if (Circular != 0)
        {
            // Kernels may be larger than images.
            row = ((row % Height) + Height) % Height;
            column = ((column % Width) + Width) % Width;
        }
        else if (row < 0 || row >= Height || column < 0 || column >= Width) return -1;
        return pixel.Start + tap.Start + (row * Width) + column;
    }

    /// <summary>Where weight <paramref name="k"/> of output channel <paramref name="o"/> lies.</summary>
    public int Weight(int o, int k)
    {
        if (Mirrored == 0) return (o * WeightColumns) + k;
        int taps = KernelHeight * KernelWidth;
        return (((k / taps * OutChannels) + o) * taps) + taps - 1 - (k % taps);
    }
}
