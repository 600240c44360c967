using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Runs an element pass in the widest lane that the machine and the length allow.</summary>
internal static unsafe class ElementLoop
{
    /// <summary>destination[i] = pass.At(i), i &lt; length; the destination may be one of the pass's inputs, or apart from all of them.</summary>
    public static void Run<T, TPass>(TPass pass, T* destination, nint length)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TPass : struct, IElementPass<T>
    {
        if (Vector512.IsHardwareAccelerated && length >= Vector512<T>.Count)
            Loop<T, Vector512Lane<T>, TPass>(pass, destination, length);
        else if (Vector.IsHardwareAccelerated && length >= Vector<T>.Count)
            Loop<T, VectorLane<T>, TPass>(pass, destination, length);
        else if (length > 0)
            Loop<T, ScalarLane<T>, TPass>(pass, destination, length);
    }

    private static void Loop<T, TLane, TPass>(TPass pass, T* destination, nint length)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TPass : struct, IElementPass<T>
    {
        nint width = TLane.Width;
        // The last, overlapping vector is computed before anything is written, so that working in place stays right.
        One<T, TLane, TPass>(pass, length - width, out TLane last);
        nint i = 0;
        for (; i + (2 * width) <= length; i += 2 * width)
        {
            TLane first = pass.At<TLane>(i);
            TLane second = pass.At<TLane>(i + width);
            TLane.Store(first, destination + i);
            TLane.Store(second, destination + i + width);
        }
        if (i + width <= length)
        {
            One<T, TLane, TPass>(pass, i, out TLane single);
            TLane.Store(single, destination + i);
        }
        TLane.Store(last, destination + length - width);
    }

    // Not inlined: two inlined bodies in the loop are what the JIT's budget of local variables allows.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void One<T, TLane, TPass>(TPass pass, nint i, out TLane result)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TPass : struct, IElementPass<T> => result = pass.At<TLane>(i);
}
