using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>A direct convolution as pieces for the crew, and the choice of vector width. One per thread, so that a convolution allocates nothing.</summary>
internal sealed class ConvWork<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static ConvWork<T>? t_work;

    private ConvJob<T> _job;
    private bool _gradient;

    private static bool HasVectors
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float) || typeof(T) == typeof(double);
    }

    /// <summary>z := or += the convolution.</summary>
    public static void Forward(in ConvJob<T> job, Workers workers)
    {
        ConvWork<T> work = t_work ??= new ConvWork<T>();
        work._job = job;
        work._gradient = false;
        work.Prepare();
        workers.Run(work, work._job.Pieces);
    }

    /// <summary>dw := or += alpha times the sums of the pieces, in their order.</summary>
    public static unsafe void WeightGradient(in ConvJob<T> job, T alpha, Span<T> dw, Workers workers)
    {
        ConvWork<T> work = t_work ??= new ConvWork<T>();
        work._job = job;
        work._gradient = true;
        work.Prepare();
        int length = job.Shape.WeightLength, pieces = work._job.Pieces;
        using var sums = new Scratch<T>(checked(length * pieces));
        work._job.Sums = sums.Pointer;
        workers.Run(work, pieces);
        for (int i = 0; i < length; i++)
        {
            T sum = T.Zero;
            for (int piece = 0; piece < pieces; piece++) sum += sums.Pointer[(nint)piece * length + i];
            dw[i] = job.Add ? dw[i] + (alpha * sum) : alpha * sum;
        }
    }

    public override void Execute(int index)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) Execute<Vector512<T>, Lane512<T>>(index);
        else if (Vector256.IsHardwareAccelerated && HasVectors) Execute<Vector256<T>, Lane256<T>>(index);
        else if (Vector128.IsHardwareAccelerated && HasVectors) Execute<Vector128<T>, Lane128<T>>(index);
        else Execute<T, LaneScalar<T>>(index);
    }

    private void Prepare()
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) ConvDirect<T, Vector512<T>, Lane512<T>>.Prepare(ref _job, _gradient);
        else if (Vector256.IsHardwareAccelerated && HasVectors) ConvDirect<T, Vector256<T>, Lane256<T>>.Prepare(ref _job, _gradient);
        else if (Vector128.IsHardwareAccelerated && HasVectors) ConvDirect<T, Vector128<T>, Lane128<T>>.Prepare(ref _job, _gradient);
        else ConvDirect<T, T, LaneScalar<T>>.Prepare(ref _job, _gradient);
    }

    private void Execute<V, L>(int index)
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        if (_gradient) ConvDirect<T, V, L>.WeightGradient(ref _job, index);
        else ConvDirect<T, V, L>.Forward(ref _job, index);
    }
}
