using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Operands of a matrix instruction: each the sum of two numbers with 10 bits of mantissa, of which the second is zero unless asked for.</summary>
/// <remarks>The cut is done here, by integer arithmetic, and not left to the instruction: so the device and the emulator multiply the same numbers.</remarks>
public readonly struct Tf32Numbers<T, TLane, TProducts>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
    where TProducts : struct, ILength
{
    /// <summary>Cuts four numbers.</summary>
    public Tf32Numbers(in Quad<T> x)
    {
        Big = new Quad<T>(Cut(x.X0), Cut(x.X1), Cut(x.X2), Cut(x.X3));
        Small = TProducts.Value > 1 ? new Quad<T>(Rest(x.X0, Big.X0), Rest(x.X1, Big.X1), Rest(x.X2, Big.X2), Rest(x.X3, Big.X3)) : default;
    }

    /// <summary>The numbers, rounded to 10 bits.</summary>
    public Quad<T> Big { get; }

    /// <summary>What is left, rounded to 10 bits.</summary>
    public Quad<T> Small { get; }

    private static T Cut(T x) => TLane.First(TLane.RoundToTf32(TLane.Broadcast(x)));

    private static T Rest(T x, T big) => TLane.First(TLane.RoundToTf32(TLane.Broadcast(x) - TLane.Broadcast(big)));
}
