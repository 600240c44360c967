using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Operands of a matrix instruction: each a number with 10 bits of mantissa, or the sum of two.</summary>
/// <remarks>
/// The cut is done by integer arithmetic, and not left to the instruction: so the device and the emulator multiply the same numbers. A single number
/// is cut on its way to shared memory, once for all warps; two are made where they are used, since shared memory holds one.
/// </remarks>
public readonly struct Tf32Numbers<T, TLane, TProducts>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
    where TProducts : struct, ILength
{
    /// <summary>Takes four numbers out of shared memory.</summary>
    public Tf32Numbers(in Quad<T> x)
    {
        Big = TProducts.Value > 1 ? new Quad<T>(Cut(x.X0), Cut(x.X1), Cut(x.X2), Cut(x.X3)) : x;
        Small = TProducts.Value > 1 ? new Quad<T>(Rest(x.X0, Big.X0), Rest(x.X1, Big.X1), Rest(x.X2, Big.X2), Rest(x.X3, Big.X3)) : default;
    }

    /// <summary>The numbers, rounded to 10 bits.</summary>
    public Quad<T> Big { get; }

    /// <summary>What is left, rounded to 10 bits.</summary>
    public Quad<T> Small { get; }

    /// <summary>Makes numbers ready for shared memory: every NaN the one that survives a cut, and a single number cut.</summary>
    public static GemmPair<T> Prepare(in GemmPair<T> pair) => new(Prepare(pair.X0), Prepare(pair.X1));

    private static Quad<T> Prepare(in Quad<T> x) => new(Prepare(x.X0), Prepare(x.X1), Prepare(x.X2), Prepare(x.X3));

    private static T Prepare(T x)
    {
        TLane lane = TLane.Broadcast(x);
        lane = TLane.Select(TLane.EqualTo(lane, lane), lane, TLane.Broadcast(T.NaN));
        return TProducts.Value > 1 ? TLane.First(lane) : TLane.First(TLane.RoundToTf32(lane));
    }

    private static T Cut(T x) => TLane.First(TLane.RoundToTf32(TLane.Broadcast(x)));

    private static T Rest(T x, T big) => TLane.First(TLane.RoundToTf32(TLane.Broadcast(x) - TLane.Broadcast(big)));
}
