using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// The matrix of a zero-padded convolution in blocks of a few lines: block tridiagonal, and the same three blocks everywhere. A smaller last
/// block is the leading part of them. Only a corner of the blocks beside the diagonal is not zero: of the one above the last <see cref="Up"/>
/// rows and first <see cref="Up"/> columns, of the one below the first <see cref="Down"/> rows and last <see cref="Down"/> columns.
/// </summary>
internal readonly unsafe struct ConvBlocks
{
    // Products of smaller matrices cost more in calls than they save in flops.
    private const int LeastOrder = 48;

    public ConvBlocks(in ConvShape shape)
    {
        Lines = new ConvLines(shape);
        int line = Lines.Length * Lines.Channels;
        PerBlock = Math.Min(Lines.Lines, Math.Max(Lines.Reached, (LeastOrder + line - 1) / line));
        Count = (Lines.Lines + PerBlock - 1) / PerBlock;
        Down = Math.Min(Lines.AnchorAcross, PerBlock) * line;
        Up = Math.Min(Lines.TapsAcross - 1 - Lines.AnchorAcross, PerBlock) * line;
    }

    public ConvLines Lines { get; }

    /// <summary>Lines of a block.</summary>
    public int PerBlock { get; }

    /// <summary>Number of blocks.</summary>
    public int Count { get; }

    /// <summary>Order of the part of a block that the next block's outputs see.</summary>
    public int Down { get; }

    /// <summary>Order of the part of a block that the outputs of the block before see.</summary>
    public int Up { get; }

    /// <summary>Order of a block that is not the last one.</summary>
    public int Order => PerBlock * Lines.Length * Lines.Channels;

    /// <summary>Order of block <paramref name="block"/>.</summary>
    public int OrderOf(int block) => Math.Min(PerBlock, Lines.Lines - (block * PerBlock)) * Lines.Length * Lines.Channels;

    /// <summary>Writes a block [Order x Order]; <paramref name="shift"/> says where its columns lie: -1 the block before, 0 the same, 1 the next.</summary>
    public void Fill<T>(int shift, ReadOnlySpan<T> weight, T* block)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        new Span<T>(block, Order * Order).Clear();
        for (int row = 0; row < PerBlock; row++)
            for (int column = 0; column < PerBlock; column++)
            {
                int i = Tap(shift, row, column);
                if ((uint)i >= (uint)Lines.TapsAcross) continue;
                for (int j = 0; j < Lines.TapsAlong; j++)
                    for (int o = 0; o < Lines.Channels; o++)
                        for (int c = 0; c < Lines.Channels; c++)
                        {
                            T w = weight[Lines.Tap(o, c, i, j)];
                            int away = j - Lines.AnchorAlong;
                            for (int place = Math.Max(0, -away); place < Math.Min(Lines.Length, Lines.Length - away); place++)
                                block[(At(row, place, o) * (nint)Order) + At(column, place + away, c)] = w;
                        }
            }
    }

    /// <summary>dw[tap] += alpha times the sum of the elements of G = T^-1 at (input, output) of the tap, G being summed over blocks with rows in the block that <paramref name="shift"/> says.</summary>
    public void AddTaps<T>(int shift, T* inverse, Span<T> dw, T alpha)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < PerBlock; row++)
            for (int column = 0; column < PerBlock; column++)
            {
                int i = Tap(shift, row, column);
                if ((uint)i >= (uint)Lines.TapsAcross) continue;
                for (int j = 0; j < Lines.TapsAlong; j++)
                    for (int o = 0; o < Lines.Channels; o++)
                        for (int c = 0; c < Lines.Channels; c++)
                        {
                            T sum = T.Zero;
                            int away = j - Lines.AnchorAlong;
                            for (int place = Math.Max(0, -away); place < Math.Min(Lines.Length, Lines.Length - away); place++)
                                sum += inverse[(At(column, place + away, c) * (nint)Order) + At(row, place, o)];
                            dw[Lines.Tap(o, c, i, j)] += alpha * sum;
                        }
            }
    }

    private int Tap(int shift, int row, int column) => column + (shift * PerBlock) - row + Lines.AnchorAcross;

    private int At(int line, int place, int channel) => (((line * Lines.Length) + place) * Lines.Channels) + channel;
}
