using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Runs an element pass in the widest lane that the machine and the length allow.</summary>
internal static unsafe class ElementLoop
{
    /// <summary>destination[i] = pass.At(i), i &lt; length; the destination may be one of the pass's inputs, or apart from all of them. A long pass is shared among the workers.</summary>
    public static void Run<T, TPass>(TPass pass, T* destination, nint length, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TPass : struct, IElementPass<T>
    {
        if (workers is { Threads: > 1 } && length >= ElementWork<T, TPass>.Least) ElementWork<T, TPass>.Run(pass, destination, length, workers);
        else Run(pass, destination, 0, length);
    }

    /// <summary>The elements from .. end.</summary>
    public static void Run<T, TPass>(TPass pass, T* destination, nint from, nint end)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TPass : struct, IElementPass<T>
    {
        nint length = end - from;
        if (Vector512.IsHardwareAccelerated && length >= Vector512<T>.Count)
            Loop<T, Vector512Lane<T>, TPass>(pass, destination, from, end);
        else if (Vector.IsHardwareAccelerated && length >= Vector<T>.Count)
            Loop<T, VectorLane<T>, TPass>(pass, destination, from, end);
        else if (length > 0)
            Loop<T, ScalarLane<T>, TPass>(pass, destination, from, end);
    }

    private static void Loop<T, TLane, TPass>(TPass pass, T* destination, nint from, nint end)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TPass : struct, IElementPass<T>
    {
        nint width = TLane.Width;
        // The last, overlapping vector is computed before anything is written, so that working in place stays right.
        One<T, TLane, TPass>(pass, end - width, out TLane last);
        nint i = from;
        for (; i + (2 * width) <= end; i += 2 * width)
        {
            TLane first = pass.At<TLane>(i);
            TLane second = pass.At<TLane>(i + width);
            TLane.Store(first, destination + i);
            TLane.Store(second, destination + i + width);
        }
        if (i + width <= end)
        {
            One<T, TLane, TPass>(pass, i, out TLane single);
            TLane.Store(single, destination + i);
        }
        TLane.Store(last, destination + end - width);
    }

    // Not inlined: two inlined bodies in the loop are what the JIT's budget of local variables allows.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void One<T, TLane, TPass>(TPass pass, nint i, out TLane result)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TPass : struct, IElementPass<T> => result = pass.At<TLane>(i);
}
