namespace NativeFlow.Kernels;

/// <summary>
/// A zero-padded convolution as a band matrix: unknowns in the order (line, place on the line, channel), lines along the image's shorter side,
/// so that the band is narrow. Taps (i, j) reach i - AnchorAcross lines and j - AnchorAlong places away.
/// </summary>
/// <remarks>The half-bandwidth of a centred k x k kernel is (k-1)/2 (Length C) + (k-1)/2 C + C - 1.</remarks>
internal readonly struct ConvLines
{
    public ConvLines(in ConvShape shape)
    {
        Channels = shape.InChannels;
        Turned = Reach(shape.KernelWidth, shape.AnchorColumn) * shape.Height < Reach(shape.KernelHeight, shape.AnchorRow) * shape.Width;
        (Lines, Length) = Turned ? (shape.Width, shape.Height) : (shape.Height, shape.Width);
        (TapsAcross, TapsAlong) = Turned ? (shape.KernelWidth, shape.KernelHeight) : (shape.KernelHeight, shape.KernelWidth);
        (AnchorAcross, AnchorAlong) = Turned ? (shape.AnchorColumn, shape.AnchorRow) : (shape.AnchorRow, shape.AnchorColumn);
    }

    public int Channels { get; }

    /// <summary>Whether a line is a column of the image, not a row.</summary>
    public bool Turned { get; }

    public int Lines { get; }

    public int Length { get; }

    public int TapsAcross { get; }

    public int TapsAlong { get; }

    public int AnchorAcross { get; }

    public int AnchorAlong { get; }

    public int Order => Channels * Lines * Length;

    public int Pixels => Lines * Length;

    /// <summary>Lines that a block needs so that the matrix is block tridiagonal.</summary>
    public int Reached => Math.Min(Lines, Reach(TapsAcross, AnchorAcross));

    public Band Band => new(Order, Diagonals(AnchorAcross, AnchorAlong), Diagonals(TapsAcross - 1 - AnchorAcross, TapsAlong - 1 - AnchorAlong));

    /// <summary>Where tap (i, j) from channel c to channel o lies in the weight.</summary>
    public int Tap(int o, int c, int i, int j) => (((o * Channels) + c) * TapsAcross * TapsAlong) + (Turned ? (j * TapsAcross) + i : (i * TapsAlong) + j);

    /// <summary>Place of a pixel among the pixels of a channel of the image.</summary>
    public int Pixel(int line, int place) => Turned ? (place * Lines) + line : (line * Length) + place;

    private static int Reach(int taps, int anchor) => Math.Max(1, Math.Max(anchor, taps - 1 - anchor));

    // A tap further away than the image is long never lies inside it.
    private int Diagonals(int across, int along)
        => Math.Min(Order - 1, (((Math.Min(across, Lines - 1) * Length) + Math.Min(along, Length - 1)) * Channels) + Channels - 1);
}
