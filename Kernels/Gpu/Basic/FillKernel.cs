namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] := value.</summary>
/// <param name="y">Written.</param>
/// <param name="value">What.</param>
public readonly struct FillKernel<T, TView>(TView y, T value) : IKernel<T, TView>
    where T : unmanaged
    where TView : struct, IView<T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i < y.Length) y.Store(i, value);
    }
}
