using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Four neighbours, of which the last may be missing.</summary>
public static class GemmQuads<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    /// <summary>The first <paramref name="count"/> of four elements, and zeros.</summary>
    /// <param name="view">Where.</param>
    /// <param name="at">From which element on.</param>
    /// <param name="count">How many are there, perhaps none or more than four.</param>
    /// <param name="fours">1 where all four may be loaded at once.</param>
    public static Quad<T> Load(TView view, int at, int count, int fours)
    {
        if (fours != 0 && count >= 4) return view.Load4(at);
        T x0 = T.Zero, x1 = T.Zero, x2 = T.Zero, x3 = T.Zero;
        if (count > 0) x0 = view.Load(at);
        if (count > 1) x1 = view.Load(at + 1);
        if (count > 2) x2 = view.Load(at + 2);
        if (count > 3) x3 = view.Load(at + 3);
        return new Quad<T>(x0, x1, x2, x3);
    }

    /// <summary>Sets the first <paramref name="count"/> of four elements; parameters as for <see cref="Load"/>.</summary>
    public static void Store(TView view, int at, int count, int fours, in Quad<T> value)
    {
        if (fours != 0 && count >= 4)
        {
            view.Store4(at, value);
            return;
        }
        if (count > 0) view.Store(at, value.X0);
        if (count > 1) view.Store(at + 1, value.X1);
        if (count > 2) view.Store(at + 2, value.X2);
        if (count > 3) view.Store(at + 3, value.X3);
    }
}
