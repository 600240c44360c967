using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>What an elementwise kernel reads.</summary>
/// <param name="A">First input.</param>
/// <param name="B">Second input.</param>
/// <param name="C">Third input.</param>
/// <param name="D">Fourth input.</param>
/// <param name="Row">A number for each row.</param>
/// <param name="Settings">Numbers for all.</param>
/// <param name="Columns">Elements in a row, where there are rows.</param>
public readonly record struct ElementViews<T, TView>(TView A, TView B, TView C, TView D, TView Row, TView Settings, int Columns)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    /// <summary>What <typeparamref name="TBody"/> makes of element <paramref name="i"/>.</summary>
    /// <param name="body">The body.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="i">The element.</param>
    /// <param name="before">What stands in the result's place.</param>
    public T One<TLane, TBody>(in TBody body, in BodySettings<T> settings, int i, T before)
        where TLane : struct, ILane<TLane, T>
        where TBody : struct, IElementBody<T>
    {
        T b = TBody.Inputs > 1 ? B.Load(i) : T.Zero, c = TBody.Inputs > 2 ? C.Load(i) : T.Zero, d = TBody.Inputs > 3 ? D.Load(i) : T.Zero;
        return Result<TLane, TBody>(body, settings, A.Load(i), b, c, d, RowOf<TBody>(i), before);
    }

    /// <summary>What <typeparamref name="TBody"/> makes of the four elements from <paramref name="i"/> on, all in one row.</summary>
    /// <param name="body">The body.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="i">The first element, a multiple of four.</param>
    /// <param name="before">What stands in the results' places.</param>
    public Quad<T> Four<TLane, TBody>(in TBody body, in BodySettings<T> settings, int i, Quad<T> before)
        where TLane : struct, ILane<TLane, T>
        where TBody : struct, IElementBody<T>
    {
        Quad<T> a = A.Load4(i), b = TBody.Inputs > 1 ? B.Load4(i) : default, c = TBody.Inputs > 2 ? C.Load4(i) : default, d = TBody.Inputs > 3 ? D.Load4(i) : default;
        T row = RowOf<TBody>(i);
        return new Quad<T>(
            Result<TLane, TBody>(body, settings, a.X0, b.X0, c.X0, d.X0, row, before.X0),
            Result<TLane, TBody>(body, settings, a.X1, b.X1, c.X1, d.X1, row, before.X1),
            Result<TLane, TBody>(body, settings, a.X2, b.X2, c.X2, d.X2, row, before.X2),
            Result<TLane, TBody>(body, settings, a.X3, b.X3, c.X3, d.X3, row, before.X3));
    }

    private T RowOf<TBody>(int i) where TBody : struct, IElementBody<T> => TBody.HasRow ? Row.Load(i / Columns) : T.Zero;

    private static T Result<TLane, TBody>(in TBody body, in BodySettings<T> settings, T a, T b, T c, T d, T row, T before)
        where TLane : struct, ILane<TLane, T>
        where TBody : struct, IElementBody<T>
    {
        ElementLanes<TLane> x = new(TLane.Broadcast(a), TLane.Broadcast(b), TLane.Broadcast(c), TLane.Broadcast(d), TLane.Broadcast(row), TLane.Broadcast(before));
        return TLane.First(body.At(x, settings));
    }
}
