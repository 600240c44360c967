using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Four neighbouring sums of a row, in registers.</summary>
public struct GemmRow<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    private TLane _x0, _x1, _x2, _x3;

    /// <summary>Begins with given numbers.</summary>
    public GemmRow(in Quad<T> x)
    {
        _x0 = TLane.Broadcast(x.X0);
        _x1 = TLane.Broadcast(x.X1);
        _x2 = TLane.Broadcast(x.X2);
        _x3 = TLane.Broadcast(x.X3);
    }

    /// <summary>The sums.</summary>
    public readonly Quad<T> Value => new(TLane.First(_x0), TLane.First(_x1), TLane.First(_x2), TLane.First(_x3));

    /// <summary>Adds a b, each product and sum rounded once together.</summary>
    public void MultiplyAdd(T a, in Quad<T> b)
    {
        TLane x = TLane.Broadcast(a);
        _x0 = TLane.MultiplyAdd(x, TLane.Broadcast(b.X0), _x0);
        _x1 = TLane.MultiplyAdd(x, TLane.Broadcast(b.X1), _x1);
        _x2 = TLane.MultiplyAdd(x, TLane.Broadcast(b.X2), _x2);
        _x3 = TLane.MultiplyAdd(x, TLane.Broadcast(b.X3), _x3);
    }

    /// <summary>Adds.</summary>
    public void Add(in Quad<T> b)
    {
        _x0 += TLane.Broadcast(b.X0);
        _x1 += TLane.Broadcast(b.X1);
        _x2 += TLane.Broadcast(b.X2);
        _x3 += TLane.Broadcast(b.X3);
    }
}
