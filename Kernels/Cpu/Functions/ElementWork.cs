using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>A long element pass as pieces for the crew. One per thread and kind of pass, so that a pass allocates nothing after the first.</summary>
internal sealed unsafe class ElementWork<T, TPass> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
    where TPass : struct, IElementPass<T>
{
    [ThreadStatic]
    private static ElementWork<T, TPass>? t_work;

    private TPass _pass;
    private T* _destination;
    private nint _length;

    /// <summary>Elements of a piece: what two streams of it leave room for in the second cache. By shape alone; an element's bits do not depend on its place anyway.</summary>
    private static nint Piece => 262144 / sizeof(T);

    /// <summary>Below this many elements a second thread costs more than it brings.</summary>
    public static nint Least => 1048576 / sizeof(T);

    public static void Run(TPass pass, T* destination, nint length, Workers workers)
    {
        ElementWork<T, TPass> work = t_work ??= new ElementWork<T, TPass>();
        work._pass = pass;
        work._destination = destination;
        work._length = length;
        workers.Run(work, (int)(length / Piece));
    }

    // The last piece takes the rest, so none is shorter than a vector.
    public override void Execute(int index)
    {
        nint from = index * Piece;
        ElementLoop.Run(_pass, _destination, from, _length - from < 2 * Piece ? _length : from + Piece);
    }
}
