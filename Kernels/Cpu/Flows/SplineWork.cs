using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>One spline pass. The outputs are null where nobody wants them.</summary>
internal unsafe struct SplineArgs<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public T* Input, Raw, Output, LogDet, DOutput, DLogDet, DInput, DRaw;
    public int Rows, Columns, Bins;
    public bool IsShared, IsInverse, IsBackward;
    public SplineNumbers<T> Numbers;

    public readonly int RawLength => (3 * Bins) - 1;
}

/// <summary>A spline pass cut into pieces by its shape alone: stretches of rows, or of columns where gradients of shared parameters are summed over the rows.</summary>
internal sealed class SplineWork<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // An element costs some nanoseconds: a piece some ten microseconds.
    private const int PieceElements = 2048;

    [ThreadStatic]
    private static SplineWork<T>? t_work;

    private SplineArgs<T> _args;
    private int _piece;

    public static void Run(in SplineArgs<T> args, Workers? workers)
    {
        if (args.Rows == 0) return;
        bool byColumns = args.IsShared && args.IsBackward;
        // A piece of columns is one lane of any width.
        int length = byColumns ? args.Columns : args.Rows;
        int piece = byColumns ? 64 / System.Runtime.CompilerServices.Unsafe.SizeOf<T>() : Math.Max(1, PieceElements / Math.Max(1, args.Columns));
        SplineWork<T> work = t_work ??= new SplineWork<T>();
        work._args = args;
        work._piece = piece;
        int count = (length + piece - 1) / piece;
        if (workers is null)
            for (int i = 0; i < count; i++) work.Execute(i);
        else
            workers.Run(work, count);
    }

    public override void Execute(int index)
    {
        int length = _args.IsShared && _args.IsBackward ? _args.Columns : _args.Rows, from = index * _piece, to = Math.Min(length, from + _piece);
        if (Vector512.IsHardwareAccelerated) Lane<Vector512Lane<T>>(from, to);
        else if (Vector.IsHardwareAccelerated) Lane<VectorLane<T>>(from, to);
        else Lane<ScalarLane<T>>(from, to);
    }

    private void Lane<TLane>(int from, int to)
        where TLane : struct, ILane<TLane, T>
    {
        var pass = new SplinePass<TLane, T>(_args);
        if (!_args.IsShared) pass.Own(from, to);
        else if (_args.IsBackward) pass.SharedBackward(from, to);
        else pass.SharedForward(from, to);
    }
}
