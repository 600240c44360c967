using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>The planes of an optimiser's step; slots that its rule does not use are empty.</summary>
/// <param name="Value">Parameters, updated.</param>
/// <param name="Gradient">Gradients, read.</param>
/// <param name="Slot0">First slot, updated.</param>
/// <param name="Slot1">Second slot, updated.</param>
/// <param name="Slot2">Third slot, updated.</param>
public readonly record struct SweepViews<T, TView>(TView Value, TView Gradient, TView Slot0, TView Slot1, TView Slot2)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    /// <summary>Element <paramref name="i"/>.</summary>
    public void One<TLane, TRule>(in TRule rule, int i)
        where TLane : struct, ILane<TLane, T>
        where TRule : struct, IPlaneRule<TRule, T>
    {
        T s0 = TRule.Slots > 0 ? Slot0.Load(i) : T.Zero, s1 = TRule.Slots > 1 ? Slot1.Load(i) : T.Zero, s2 = TRule.Slots > 2 ? Slot2.Load(i) : T.Zero;
        Value.Store(i, Apply<TLane, TRule>(rule, Value.Load(i), Gradient.Load(i), ref s0, ref s1, ref s2));
        if (TRule.Slots > 0) Slot0.Store(i, s0);
        if (TRule.Slots > 1) Slot1.Store(i, s1);
        if (TRule.Slots > 2) Slot2.Store(i, s2);
    }

    /// <summary>The four elements from <paramref name="i"/> on, a multiple of four.</summary>
    public void Four<TLane, TRule>(in TRule rule, int i)
        where TLane : struct, ILane<TLane, T>
        where TRule : struct, IPlaneRule<TRule, T>
    {
        Quad<T> v = Value.Load4(i), g = Gradient.Load4(i);
        Quad<T> a = TRule.Slots > 0 ? Slot0.Load4(i) : default, b = TRule.Slots > 1 ? Slot1.Load4(i) : default, c = TRule.Slots > 2 ? Slot2.Load4(i) : default;
        T a0 = a.X0, a1 = a.X1, a2 = a.X2, a3 = a.X3, b0 = b.X0, b1 = b.X1, b2 = b.X2, b3 = b.X3, c0 = c.X0, c1 = c.X1, c2 = c.X2, c3 = c.X3;
        Value.Store4(i, new Quad<T>(
            Apply<TLane, TRule>(rule, v.X0, g.X0, ref a0, ref b0, ref c0),
            Apply<TLane, TRule>(rule, v.X1, g.X1, ref a1, ref b1, ref c1),
            Apply<TLane, TRule>(rule, v.X2, g.X2, ref a2, ref b2, ref c2),
            Apply<TLane, TRule>(rule, v.X3, g.X3, ref a3, ref b3, ref c3)));
        if (TRule.Slots > 0) Slot0.Store4(i, new Quad<T>(a0, a1, a2, a3));
        if (TRule.Slots > 1) Slot1.Store4(i, new Quad<T>(b0, b1, b2, b3));
        if (TRule.Slots > 2) Slot2.Store4(i, new Quad<T>(c0, c1, c2, c3));
    }

    private static T Apply<TLane, TRule>(in TRule rule, T value, T gradient, ref T s0, ref T s1, ref T s2)
        where TLane : struct, ILane<TLane, T>
        where TRule : struct, IPlaneRule<TRule, T>
    {
        TLane v = TLane.Broadcast(value), a = TLane.Broadcast(s0), b = TLane.Broadcast(s1), c = TLane.Broadcast(s2);
        TRule.Apply(rule, TLane.Broadcast(gradient), ref v, ref a, ref b, ref c);
        s0 = TLane.First(a);
        s1 = TLane.First(b);
        s2 = TLane.First(c);
        return TLane.First(v);
    }
}
