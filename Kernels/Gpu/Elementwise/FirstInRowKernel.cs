using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>In each row the first column where a body of one input is not 0, or -1: a group for each row.</summary>
/// <param name="x">Read.</param>
/// <param name="columns">A column for each row, written.</param>
/// <param name="body">What to look for.</param>
public readonly struct FirstInRowKernel<T, TView, TLane, TBody>(ElementViews<T, TView> x, TView columns, TBody body) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TBody : struct, IElementBody<T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    /// <remarks>Items a power of two.</remarks>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int row = group.X, item = group.Item;
        BodySettings<T> settings = SettingsLoad.From<T, TView>(x.Settings, TBody.Settings);
        TLane found = TLane.Constant(-1);
        for (int c = item; c < x.Columns; c += group.Items)
            if (x.One<TLane, TBody>(body, settings, (row * x.Columns) + c, T.Zero) != T.Zero)
            {
                found = TLane.Constant(c);
                break;
            }
        TView shared = group.Shared<GroupLength>(0);
        SmallestTree.Run<T, TView, TLane, TGroup>(group, shared, found);
        if (item == 0) columns.Store(row, shared.Load(0));
    }
}
