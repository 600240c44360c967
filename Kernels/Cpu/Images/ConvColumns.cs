namespace NativeFlow.Kernels;

/// <summary>Images as rows (channel, row, column), to and from columns in the order of <see cref="ConvLines"/>: [rows x D] and [D x rows].</summary>
internal static unsafe class ConvColumns
{
    public static void Gather<T>(in ConvLines s, int rows, T* images, T* columns)
        where T : unmanaged
    {
        (int count, int run, nint stride) = Runs(s);
        for (int c = 0; c < s.Channels; c++)
            for (int i = 0; i < count; i++)
                Transposition.Run(images + (c * s.Pixels) + ((nint)i * run), s.Order, columns + ((((nint)i * s.Channels) + c) * rows), stride * rows, rows, run);
    }

    public static void Scatter<T>(in ConvLines s, int rows, T* columns, T* images)
        where T : unmanaged
    {
        (int count, int run, nint stride) = Runs(s);
        for (int c = 0; c < s.Channels; c++)
            for (int i = 0; i < count; i++)
                Transposition.Run(columns + ((((nint)i * s.Channels) + c) * rows), stride * rows, images + (c * s.Pixels) + ((nint)i * run), s.Order, run, rows);
    }

    // Pixels that follow each other in the image are this far apart among the unknowns: a whole channel, or a row of it where lines are columns.
    private static (int Count, int Run, nint Stride) Runs(in ConvLines s)
        => s.Turned ? (s.Length, s.Lines, (nint)s.Length * s.Channels) : (1, s.Pixels, s.Channels);
}
