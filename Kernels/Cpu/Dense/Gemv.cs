using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>
/// Matrix times vector at the speed the matrix can be read, row-major, any row stride. The order of every sum depends on the shape and the
/// row stride only: not on addresses, not on the number of threads.
/// </summary>
public static unsafe class Gemv
{
    /// <summary>Elements of the matrix below which waking another thread costs more than it saves.</summary>
    private const long LeastToSplit = 1 << 19;

    /// <summary>Elements of the matrix in one thread's piece.</summary>
    private const long PieceElements = 1 << 17;

    /// <summary>
    /// y = alpha W x, or with <paramref name="transpose"/> y = alpha W^T x; added to y when <paramref name="accumulate"/>. W is [rows x cols] with
    /// row stride <paramref name="ldw"/>; x and y have strides too. y must not overlap the others and is not read unless accumulating; an empty sum
    /// is zero. 2 rows cols flops; no managed allocation after a thread's first call, native scratch of rows + cols elements a thread.
    /// </summary>
    /// <exception cref="ArgumentException">A size is negative.</exception>
    public static void Run<T>(
        bool transpose, int rows, int cols, T alpha, T* w, int ldw, T* x, int incX, bool accumulate, T* y, int incY, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (rows < 0 || cols < 0) throw new ArgumentException($"Gemv: a matrix of {rows} x {cols}; neither may be negative.");
        if (Vector512.IsHardwareAccelerated) Run<T, Vector512Lane<T>>(transpose, rows, cols, alpha, w, ldw, x, incX, accumulate, y, incY, workers);
        else if (Vector.IsHardwareAccelerated) Run<T, VectorLane<T>>(transpose, rows, cols, alpha, w, ldw, x, incX, accumulate, y, incY, workers);
        else Run<T, ScalarLane<T>>(transpose, rows, cols, alpha, w, ldw, x, incX, accumulate, y, incY, workers);
    }

    private static void Run<T, TLane>(
        bool transpose, int rows, int cols, T alpha, T* w, int ldw, T* x, int incX, bool accumulate, T* y, int incY, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
    {
        int width = TLane.Width, inputs = transpose ? rows : cols, outputs = transpose ? cols : rows;
        if (outputs == 0) return;
        if (inputs == 0)
        {
            if (!accumulate)
                for (int i = 0; i < outputs; i++) y[(nint)i * incY] = T.Zero;
            return;
        }

        GemvPlan<T> plan;
        (plan.Rows, plan.Cols, plan.Ldw) = (rows, cols, ldw);
        plan.W = w;
        // Rows this far apart begin at the same place within a vector, whose width is a power of two.
        plan.Period = ldw == 0 ? 1 : width / Math.Min(width, ldw & -ldw);
        bool split = workers is not null && workers.Threads > 1 && (long)rows * cols >= LeastToSplit;
        int unit = transpose ? 8 * width : GemvKernel<T, TLane>.GroupRows * plan.Period;
        plan.PieceSize = split ? (int)((PieceElements / inputs + unit - 1) / unit + 1) * unit : outputs;
        plan.Pieces = (outputs + plan.PieceSize - 1) / plan.PieceSize;
        plan.SumStride = plan.PieceSize + 3 * width;

        // A vector that sticks out over an end of a row meets zeros in x, or zeros are added to what lies beside the sums.
        int padded = (inputs + 4 * width - 1) / width * width;
        T* scratch = ThreadScratch.Get<T>(padded + (nint)plan.Pieces * plan.SumStride);
        plan.X = scratch + width;
        plan.Sums = scratch + padded;
        TLane zero = TLane.Broadcast(T.Zero);
        TLane.Store(zero, scratch);
        TLane.Store(zero, plan.X + inputs);
        TLane.Store(zero, plan.X + inputs + width);
        int copied = 0;
        if (incX == 1)
            for (; copied <= inputs - width; copied += width) TLane.Store(TLane.Load(x + copied), plan.X + copied);
        for (; copied < inputs; copied++) plan.X[copied] = x[(nint)copied * incX];

        if (split) GemvWork<T, TLane>.Run(workers!, plan, transpose);
        else GemvKernel<T, TLane>.Piece(plan, transpose, 0);

        for (int piece = 0; piece < plan.Pieces; piece++)
        {
            T* sums = plan.Sums + (nint)piece * plan.SumStride + width;
            int first = piece * plan.PieceSize, count = Math.Min(plan.PieceSize, outputs - first);
            T* target = y + (nint)first * incY;
            int i = 0;
            if (incY == 1)
            {
                TLane factor = TLane.Broadcast(alpha);
                for (; i <= count - width; i += width)
                {
                    TLane value = factor * TLane.Load(sums + i);
                    TLane.Store(accumulate ? TLane.Load(target + i) + value : value, target + i);
                }
            }

            for (; i < count; i++)
            {
                T value = alpha * sums[i];
                target[(nint)i * incY] = accumulate ? target[(nint)i * incY] + value : value;
            }
        }
    }
}

/// <summary>One product, cut into pieces of outputs. Sums of a piece begin a vector's width after <c>Sums + piece * SumStride</c>.</summary>
internal unsafe struct GemvPlan<T>
    where T : unmanaged
{
    public int Rows, Cols, Period, PieceSize, Pieces, SumStride;
    public nint Ldw;
    public T* W;
    public T* X;
    public T* Sums;
}

/// <summary>A matrix-vector product as pieces for the crew; one per thread, so that a product allocates nothing.</summary>
internal sealed class GemvWork<T, TLane> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    [ThreadStatic]
    private static GemvWork<T, TLane>? t_work;

    private GemvPlan<T> _plan;
    private bool _transpose;

    public static void Run(Workers workers, in GemvPlan<T> plan, bool transpose)
    {
        GemvWork<T, TLane> work = t_work ??= new GemvWork<T, TLane>();
        work._plan = plan;
        work._transpose = transpose;
        workers.Run(work, plan.Pieces);
    }

    public override void Execute(int index) => GemvKernel<T, TLane>.Piece(_plan, _transpose, index);
}
