namespace NativeFlow.Kernels;

/// <summary>Shares out a stretch of rows or columns among threads, in pieces that depend on the shape alone; short ones stay on the calling thread.</summary>
internal sealed class Stretches<TStretch> : WorkItem
    where TStretch : struct, IStretch
{
    [ThreadStatic]
    private static Stretches<TStretch>? t_stretches;

    private TStretch _work;
    private int _length, _piece;

    /// <summary>Runs 0 .. <paramref name="length"/>. Allocates nothing after a thread's first long stretch.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="length">Number of rows or columns.</param>
    /// <param name="elements">Elements in all of them.</param>
    /// <param name="pieceElements">Elements worth handing to another thread; a quarter of what is worth sharing at all.</param>
    /// <param name="workers">Threads, or null for this one alone.</param>
    public static void Run(in TStretch work, int length, nint elements, int pieceElements, Workers? workers)
    {
        if (workers is null || workers.Threads == 1 || elements < 4 * (nint)pieceElements)
        {
            work.Run(0, length);
            return;
        }
        Stretches<TStretch> all = t_stretches ??= new Stretches<TStretch>();
        all._work = work;
        all._length = length;
        // Columns are cut at multiples of the widest lane.
        all._piece = (int)Math.Max(16, ((length * (long)pieceElements / elements) + 15) / 16 * 16);
        workers.Run(all, (length + all._piece - 1) / all._piece);
    }

    public override void Execute(int index) => _work.Run(index * _piece, Math.Min(_length, (index + 1) * _piece));
}

/// <summary>Elements that make a piece worth handing over.</summary>
internal static class PieceSize
{
    /// <summary>For work with logarithms and exponentials.</summary>
    public const int Dear = 1 << 14;

    /// <summary>For a few operations an element.</summary>
    public const int Cheap = 1 << 16;
}
