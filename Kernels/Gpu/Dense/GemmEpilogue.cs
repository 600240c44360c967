using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>What happens to a finished sum: C = alpha sum + bias, or C += alpha sum, each rounded once.</summary>
/// <param name="alpha">Factor on the sum.</param>
/// <param name="bias">A row added to every row; empty for none.</param>
/// <param name="accumulate">1 to add to what is there, 0 to overwrite it.</param>
/// <param name="fours">1 where four neighbours of C, and of the bias, may be written or read at once.</param>
public readonly struct GemmEpilogue<T, TView, TLane>(T alpha, TView bias, int accumulate, int fours)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Finishes one sum for element <paramref name="at"/> of <paramref name="c"/>, which lies in column <paramref name="column"/>.</summary>
    public void Store(TView c, int at, int column, TLane sum)
    {
        TLane start = TLane.Broadcast(T.Zero);
        if (accumulate != 0) start = TLane.Broadcast(c.Load(at));
        else if (bias.Length > 0) start = TLane.Broadcast(bias.Load(column));
        c.Store(at, TLane.First(TLane.MultiplyAdd(sum, TLane.Broadcast(alpha), start)));
    }

    /// <summary>Finishes the first <paramref name="count"/> of four neighbours.</summary>
    public void Store(TView c, int at, int column, int count, in Quad<T> sums)
    {
        Quad<T> start = default;
        if (accumulate != 0) start = GemmQuads<T, TView>.Load(c, at, count, fours);
        else if (bias.Length > 0) start = GemmQuads<T, TView>.Load(bias, column, count, fours);
        var row = new GemmRow<T, TLane>(start);
        row.MultiplyAdd(alpha, sums);
        GemmQuads<T, TView>.Store(c, at, count, fours, row.Value);
    }
}
