using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Runs a pass over a stretch of elements, each exactly once: widest lanes first, single elements last. So a pass may add to its destination.</summary>
internal static class RowLoop
{
    /// <summary>Elements start .. start + count; returns the sum of what the pass returned.</summary>
    public static T Run<T, TPass>(TPass pass, nint start, nint count)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TPass : struct, IRowPass<T>
    {
        nint i = start, end = start + count;
        T sum = T.Zero;
        if (Vector512.IsHardwareAccelerated && end - i >= Vector512<T>.Count) sum += Lanes<T, Vector512Lane<T>, TPass>(pass, ref i, end);
        if (Vector.IsHardwareAccelerated && end - i >= Vector<T>.Count) sum += Lanes<T, VectorLane<T>, TPass>(pass, ref i, end);
        if (i < end) sum += Lanes<T, ScalarLane<T>, TPass>(pass, ref i, end);
        return sum;
    }

    /// <summary>As <see cref="Run"/> where nothing is summed.</summary>
    public static void Each<T, TPass>(TPass pass, nint start, nint count)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TPass : struct, IRowPass<T>
    {
        nint i = start, end = start + count;
        if (Vector512.IsHardwareAccelerated) EachLane<T, Vector512Lane<T>, TPass>(pass, ref i, end);
        if (Vector.IsHardwareAccelerated) EachLane<T, VectorLane<T>, TPass>(pass, ref i, end);
        EachLane<T, ScalarLane<T>, TPass>(pass, ref i, end);
    }

    private static void EachLane<T, TLane, TPass>(TPass pass, ref nint from, nint end)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TPass : struct, IRowPass<T>
    {
        nint i = from;
        for (; i + TLane.Width <= end; i += TLane.Width) pass.At<TLane>(i);
        from = i;
    }

    private static T Lanes<T, TLane, TPass>(TPass pass, ref nint from, nint end)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TPass : struct, IRowPass<T>
    {
        TLane sum = TLane.Constant(0);
        nint i = from;
        for (; i + TLane.Width <= end; i += TLane.Width) sum += pass.At<TLane>(i);
        from = i;
        return TLane.SumElements(sum);
    }
}
