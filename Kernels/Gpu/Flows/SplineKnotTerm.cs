using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>What <see cref="SplineGradientKernel{T, TView, TLane}"/> left of each element, as gradients of the sizes and raw slopes of its spline.</summary>
/// <param name="knots">Seven numbers an element.</param>
/// <param name="count">Elements.</param>
/// <param name="bins">Bins.</param>
public readonly struct SplineKnotTerm<T, TView, TLane>(TView knots, int count, int bins) : IColumnTerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasSecond => false;

    /// <inheritdoc/>
    public void Add(int i, ref TLane first, ref TLane second)
    {
        int length = (3 * bins) - 1, element = i / length, j = i - (element * length), number = (int)TLane.FirstInDouble(TLane.Broadcast(knots.Load(element)));
        int side = j < bins ? 0 : j < 2 * bins ? 1 : 2;
        j -= side * bins;
        // Size j moves both knots of a bin, its right one, or none; inner knot j + 1 is the right one of bin j and the left one of the next.
        int row = side < 2 ? (j < number ? 1 : j == number ? 2 : 0) : (j + 1 == number ? 1 : j == number ? 2 : 0);
        if (row > 0) first += TLane.Broadcast(knots.Load((((2 * side) + row) * count) + element));
    }
}
