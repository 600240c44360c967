namespace NativeFlow.Kernels.Gpu;

/// <summary>A kernel: a small struct whose fields are the arguments and whose body is <see cref="Run"/>, executed once by every item of every group.</summary>
/// <remarks>
/// The same source runs on a device and in the emulator, so a body keeps to what both can do: structs, no class, no exception, no
/// allocation, no static that changes, loops of any kind.
/// </remarks>
public interface IKernel<T, TView>
    where T : unmanaged
    where TView : struct, IView<T>
{
    /// <summary>Whether items meet at barriers; without, the emulator runs them one after another.</summary>
    static abstract bool HasBarriers { get; }

    /// <summary>What one item does.</summary>
    void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>;
}
