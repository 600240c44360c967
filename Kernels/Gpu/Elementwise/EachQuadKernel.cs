using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>As <see cref="EachKernel{T, TView, TLane, TBody}"/>, four elements an item; every view starts at a multiple of four, and rows have a multiple of four elements.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Written, or added to.</param>
/// <param name="adds">1 where the body is given what stands in y, else 0.</param>
/// <param name="body">What to compute.</param>
public readonly struct EachQuadKernel<T, TView, TLane, TBody>(ElementViews<T, TView> x, TView y, int adds, TBody body) : IKernel<T, TView>
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
        int i = 4 * ((group.X * group.Items) + group.Item);
        BodySettings<T> settings = SettingsLoad.From<T, TView>(x.Settings, TBody.Settings);
        if (i <= y.Length - 4) y.Store4(i, x.Four<TLane, TBody>(body, settings, i, adds != 0 ? y.Load4(i) : default));
        else
            for (int k = i; k < y.Length; k++) y.Store(k, x.One<TLane, TBody>(body, settings, k, adds != 0 ? y.Load(k) : T.Zero));
    }
}
