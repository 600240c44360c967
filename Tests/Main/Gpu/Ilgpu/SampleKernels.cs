#if ILGPU
using System.Numerics;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Tests;

/// <summary>Every operation that must become the instruction of its name.</summary>
public readonly struct OperationsKernel<T, TView, TLane>(TView x, TView y) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static bool HasBarriers => false;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        TLane a = TLane.Broadcast(x.Load(i)), b = TLane.Broadcast(x.Load(i + 1));
        TLane r = TLane.MultiplyAdd(a * b, a - b, a + b);
        y.Store(i, TLane.First(TLane.Round(r)));
    }
}

/// <summary>Calls what ILGPU does not resolve.</summary>
public readonly struct UnresolvedKernel<TView>(TView x) : IKernel<float, TView> where TView : struct, IView<float>
{
    public static bool HasBarriers => false;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView> => x.Store(group.Item, MathF.FusedMultiplyAdd(x.Load(0), x.Load(1), x.Load(2)));
}

/// <summary>Asks for a type, which ILGPU does not compile.</summary>
public readonly struct TypeTestKernel<TView>(TView x) : IKernel<float, TView> where TView : struct, IView<float>
{
    public static bool HasBarriers => false;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView> => x.Store(group.Item, typeof(TView) == typeof(float) ? 1 : 2);
}

/// <summary>Stores a truth value, which ILGPU gets wrong.</summary>
public readonly struct TruthKernel<TView>(TView x) : IKernel<float, TView> where TView : struct, IView<float>
{
    public static bool HasBarriers => false;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView> => x.Store(group.Item, !(x.Load(0) < x.Load(1)) ? 1 : 0);
}

/// <summary>Takes more shared memory than a group gets.</summary>
public readonly struct CrowdedKernel<TView>(TView x) : IKernel<float, TView> where TView : struct, IView<float>
{
    public static bool HasBarriers => true;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView>
    {
        TView a = group.Shared<Room>(0), b = group.Shared<Room>(1);
        a.Store(group.Item, x.Load(group.Item));
        b.Store(group.Item, x.Load(group.Item + 1));
        group.Barrier();
        x.Store(group.Item, a.Load(0) * b.Load(0));
    }

    private readonly struct Room : ILength
    {
        public static int Value => 8000;
    }
}

/// <summary>A row of matrix instructions on one accumulator.</summary>
public readonly struct MatrixKernel<TView>(TView x, TView y, int steps) : IKernel<float, TView> where TView : struct, IView<float>
{
    public static bool HasBarriers => false;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView>
    {
        Quad<float> c = default;
        for (int k = 0; k < steps; k++)
        {
            int at = ((k * 32) + group.Item) * 4;
            c = group.MultiplyTf32(x.Load4(at), x.Load(at + 1), x.Load(at + 2), c);
        }
        y.Store4(group.Item * 4, c);
    }
}

/// <summary>Vector accesses to both kinds of memory.</summary>
public readonly struct FourKernel<T, TView>(TView x, TView y) : IKernel<T, TView>
    where T : unmanaged
    where TView : struct, IView<T>
{
    public static bool HasBarriers => true;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView shared = group.Shared<Room>(0);
        int at = group.Item * 4;
        shared.Store4(at, x.Load4((group.X * group.Items * 4) + at));
        group.Barrier();
        y.Store4((group.X * group.Items * 4) + at, shared.Load4(((group.Items - 1) * 4) - at));
    }

    private readonly struct Room : ILength
    {
        public static int Value => 128;
    }
}

/// <summary>A product and a sum that the driver may join.</summary>
internal readonly struct LooseKernel<TView>(TView x) : IKernel<float, TView>
    where TView : struct, IView<float>
{
    public static bool HasBarriers => false;

    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView> => x.Store(0, (x.Load(1) * x.Load(2)) + x.Load(3));
}
#endif
