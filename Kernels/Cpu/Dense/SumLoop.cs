using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Sums terms in four running vectors, so that neither the latency of an addition nor its rounding piles up.</summary>
internal static class SumLoop
{
    public static T Run<T, TTerm>(TTerm term, nint length)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerm : struct, ISumTerm<T> =>
        Vector512.IsHardwareAccelerated && length >= Vector512<T>.Count
            ? Loop<T, Vector512Lane<T>, TTerm>(term, length)
            : Loop<T, VectorLane<T>, TTerm>(term, length);

    private static T Loop<T, TLane, TTerm>(TTerm term, nint length)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLane : struct, ILane<TLane, T>
        where TTerm : struct, ISumTerm<T>
    {
        nint width = TLane.Width, i = 0;
        TLane a = TLane.Constant(0), b = a, c = a, d = a;
        for (; i + (4 * width) <= length; i += 4 * width)
        {
            a = term.AddTo(a, i);
            b = term.AddTo(b, i + width);
            c = term.AddTo(c, i + (2 * width));
            d = term.AddTo(d, i + (3 * width));
        }
        for (; i + width <= length; i += width) a = term.AddTo(a, i);
        T total = TLane.SumElements((a + b) + (c + d));
        ScalarLane<T> rest = ScalarLane<T>.Constant(0);
        for (; i < length; i++) rest = term.AddTo(rest, i);
        return total + ScalarLane<T>.SumElements(rest);
    }
}
