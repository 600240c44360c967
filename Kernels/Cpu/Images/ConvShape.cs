namespace NativeFlow.Kernels;

/// <summary>
/// A convolution with stride 1 that keeps the side lengths, on images stored as rows of (channel, row, column):
/// z[o, h, w] = sum over c, i, j of weight[o, c, i, j] x[c, h + i - AnchorRow, w + j - AnchorColumn] (cross-correlation).
/// </summary>
/// <param name="InChannels">Channels of x.</param>
/// <param name="OutChannels">Channels of z.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="KernelHeight">Rows of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
/// <param name="AnchorRow">Row of the kernel that lies on the pixel itself: (KernelHeight - 1) / 2 for the usual padding, KernelHeight - 1 to look only up.</param>
/// <param name="AnchorColumn">Column of the kernel that lies on the pixel itself.</param>
/// <param name="Circular">What lies outside: the other side of the image, or zeros.</param>
public readonly record struct ConvShape(
    int InChannels, int OutChannels, int Height, int Width, int KernelHeight, int KernelWidth, int AnchorRow, int AnchorColumn, bool Circular = false)
{
    /// <summary>Largest number of channels, rows or columns of an image.</summary>
    public const int LargestSide = 32767;

    /// <summary>Largest side of a kernel.</summary>
    public const int LargestKernel = 127;

    /// <summary>The usual one: a square kernel with an odd side, anchored in its middle.</summary>
    /// <exception cref="ArgumentException">The kernel's side is even, or a number is out of range.</exception>
    public static ConvShape Same(int inChannels, int outChannels, int height, int width, int kernel, bool circular = false)
    {
        if (kernel % 2 == 0) throw new ArgumentException($"kernel is {kernel}; a convolution that keeps the image's size needs an odd side.");
        var shape = new ConvShape(inChannels, outChannels, height, width, kernel, kernel, (kernel - 1) / 2, (kernel - 1) / 2, circular);
        shape.Check();
        return shape;
    }

    /// <summary>Numbers of an image in one channel.</summary>
    public int Pixels => Height * Width;

    /// <summary>Numbers of an image that goes in.</summary>
    public int InLength => InChannels * Pixels;

    /// <summary>Numbers of an image that comes out.</summary>
    public int OutLength => OutChannels * Pixels;

    /// <summary>Taps of the kernel for one pair of channels.</summary>
    public int Taps => KernelHeight * KernelWidth;

    /// <summary>Columns of the weight [OutChannels x InChannels Taps].</summary>
    public int WeightColumns => InChannels * Taps;

    /// <summary>Numbers of the weight.</summary>
    public int WeightLength => OutChannels * WeightColumns;

    /// <summary>Multiplications of one image, counting those with padding.</summary>
    public long Products => (long)WeightLength * Pixels;

    /// <summary>The transposed map: channels exchanged, kernel mirrored. Its weight is w'[c, o, KernelHeight - 1 - i, KernelWidth - 1 - j] = w[o, c, i, j].</summary>
    public ConvShape Transposed => this with
    {
        InChannels = OutChannels,
        OutChannels = InChannels,
        AnchorRow = KernelHeight - 1 - AnchorRow,
        AnchorColumn = KernelWidth - 1 - AnchorColumn,
    };

    /// <summary>How many output pixels use tap (i, j) inside the image: all of them where the padding is circular.</summary>
    public int Multiplicity(int i, int j)
        => Circular ? Pixels : Math.Max(0, Height - Math.Abs(i - AnchorRow)) * Math.Max(0, Width - Math.Abs(j - AnchorColumn));

    /// <summary>Packed into three numbers, for a tape's node.</summary>
    public (int A, int B, int C) Pack()
        => ((InChannels << 16) | OutChannels, (Height << 16) | Width, (KernelHeight << 24) | (KernelWidth << 16) | (AnchorRow << 8) | (AnchorColumn << 1) | (Circular ? 1 : 0));

    /// <summary>From <see cref="Pack"/>.</summary>
    public static ConvShape Unpack(int a, int b, int c)
        => new(a >> 16, a & 0xFFFF, b >> 16, b & 0xFFFF, (c >> 24) & 0x7F, (c >> 16) & 0x7F, (c >> 8) & 0x7F, (c >> 1) & 0x7F, (c & 1) != 0);

    /// <summary>Whether all numbers are in range.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public void Check()
    {
        if (!(InChannels is >= 1 and <= LargestSide && OutChannels is >= 1 and <= LargestSide)) throw new ArgumentException($"channels are {InChannels} in and {OutChannels} out; they must be 1 to {LargestSide}.");
        if (!(Height is >= 1 and <= LargestSide && Width is >= 1 and <= LargestSide)) throw new ArgumentException($"the image is {Height}x{Width}; its sides must be 1 to {LargestSide}.");
        if (!(KernelHeight is >= 1 and <= LargestKernel && KernelWidth is >= 1 and <= LargestKernel)) throw new ArgumentException($"the kernel is {KernelHeight}x{KernelWidth}; its sides must be 1 to {LargestKernel}.");
        if (!(AnchorRow >= 0 && AnchorRow < KernelHeight && AnchorColumn >= 0 && AnchorColumn < KernelWidth)) throw new ArgumentException($"the anchor ({AnchorRow}, {AnchorColumn}) lies outside the {KernelHeight}x{KernelWidth} kernel.");
        if (!((long)InChannels * Height * Width <= int.MaxValue && (long)OutChannels * Height * Width <= int.MaxValue)) throw new ArgumentException($"{InChannels} and {OutChannels} channels of {Height}x{Width} pixels are too many numbers.");
        if (!((long)OutChannels * InChannels * Taps <= int.MaxValue)) throw new ArgumentException($"{OutChannels}x{InChannels}x{KernelHeight}x{KernelWidth} weights are too many.");
    }

    /// <inheritdoc/>
    public override string ToString()
        => $"{InChannels}->{OutChannels} channels, {Height}x{Width} pixels, kernel {KernelHeight}x{KernelWidth}{(Circular ? ", circular" : "")}";
}
