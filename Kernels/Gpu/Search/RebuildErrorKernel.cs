using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Distance of each row from the true one over max(1, its length), in double: a row an item.</summary>
/// <param name="rebuilt">Read.</param>
/// <param name="truth">Read.</param>
/// <param name="error">A number a row.</param>
/// <param name="cols">Columns.</param>
public readonly struct RebuildErrorKernel<T, TView, TLane>(TView rebuilt, TView truth, TView error, int cols) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= error.Length) return;
        double distance = 0, length = 0;
        for (int k = i * cols; k < (i + 1) * cols; k++)
        {
            double x = TLane.FirstInDouble(TLane.Broadcast(truth.Load(k))), d = DeviceMath.Subtract(TLane.FirstInDouble(TLane.Broadcast(rebuilt.Load(k))), x);
            distance = DeviceMath.MultiplyAdd(d, d, distance);
            length = DeviceMath.MultiplyAdd(x, x, length);
        }
        // So that a NaN comes through.
        error.Store(i, TLane.First(TLane.Constant(Math.Sqrt(distance / (length < 1 ? 1 : length)))));
    }
}
