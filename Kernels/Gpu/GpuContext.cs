using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>What a launcher works with: views of slices, launches, and memory that lasts until the next kernel.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TView">The device's views.</typeparam>
/// <typeparam name="TLane">The device's arithmetic.</typeparam>
internal sealed class GpuContext<T, TView, TLane>(IGpuDevice<T, TView> device, GpuBlocks blocks)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int ElementItems = 256;

    private readonly Slice[] _scratch = [Slice.None, Slice.None];
    private readonly PivotChecks<T, TView> _checks = new(device, blocks);

    /// <summary>What the device can do.</summary>
    public GpuLimits Limits => device.Limits;

    /// <summary>How exactly products are computed.</summary>
    public GemmPrecision Precision { get; set; }

    /// <summary>Items of a group for kernels that work element by element.</summary>
    public int Items => Math.Min(ElementItems, device.Limits.Items);

    /// <summary>A slice for a kernel that reads it; an empty view for <see cref="Slice.None"/>.</summary>
    public TView Read(Slice slice) => View(slice, Access.Read);

    /// <summary>A slice for a kernel that writes all of it and reads nothing.</summary>
    public TView Write(Slice slice) => View(slice, Access.Write);

    /// <summary>A slice for a kernel that changes it, or writes a part.</summary>
    public TView Update(Slice slice) => View(slice, Access.Update);

    /// <summary>Starts a kernel with one item for each of <paramref name="count"/> elements; nothing for none.</summary>
    public void Each<TKernel>(int count, in TKernel kernel) where TKernel : struct, IKernel<T, TView>
    {
        if (count > 0) device.Launch(Grid.Over(count, Items), kernel);
    }

    /// <summary>Starts a kernel.</summary>
    public void Launch<TKernel>(in Grid grid, in TKernel kernel) where TKernel : struct, IKernel<T, TView> => device.Launch(grid, kernel);

    /// <summary>Memory for intermediate results, until the next call; grows to the largest demand and stays. Not counted among the backend's elements.</summary>
    /// <param name="elements">How many.</param>
    /// <param name="of">Whose: 0 for kernels and products, 1 for factorisations, which run products on the way.</param>
    public Slice Scratch(int elements, int of = 0)
    {
        ref Slice scratch = ref _scratch[of];
        if (scratch.Length < elements)
        {
            if (!scratch.IsNone) device.Release(blocks.Remove(scratch));
            scratch = Slice.None;
            Slice larger = blocks.Add(elements);
            try
            {
                device.Allocate(blocks.Of(larger), elements);
            }
            catch
            {
                blocks.Remove(larger);
                throw;
            }
            scratch = larger;
        }
        return scratch.Part(0, elements);
    }

    /// <summary>Elements of all memory that is not the caller's.</summary>
    public int ScratchElements => _scratch[0].Length + _scratch[1].Length + _checks.Elements;

    /// <summary>One element for a kernel that tells of a zero pivot; see <see cref="PivotChecks{T, TView}"/>.</summary>
    public Slice PivotFlag(string what, int n) => _checks.Flag(what, n);

    /// <summary>Throws what kernels have told since the last time; waits for the device if any was asked.</summary>
    /// <exception cref="SingularMatrixException">A matrix that was solved with has a zero pivot.</exception>
    public void Verify() => _checks.Verify();

    private TView View(Slice slice, Access access)
        => slice.IsNone || slice.Length == 0 ? default : device.View(blocks.Of(slice), slice.Offset, slice.Length, access);
}
