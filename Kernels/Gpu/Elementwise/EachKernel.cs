using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>One result for each element, an item each.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Written, or added to.</param>
/// <param name="adds">1 where the body is given what stands in y, else 0.</param>
/// <param name="body">What to compute.</param>
public readonly struct EachKernel<T, TView, TLane, TBody>(ElementViews<T, TView> x, TView y, int adds, TBody body) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TBody : struct, IElementBody<T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i < y.Length) y.Store(i, x.One<TLane, TBody>(body, SettingsLoad.From<T, TView>(x.Settings, TBody.Settings), i, adds != 0 ? y.Load(i) : T.Zero));
    }
}
