using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The emulator finds what kernels may not do: each fault is planted once, beside the same kernel without it.</summary>
[Trait("Category", "Gpu")]
public sealed class EmulatorTests
{
    private const int Items = 8;

    [Theory]
    [InlineData(Fault.None, "")]
    [InlineData(Fault.NoBarrier, "which item 0 writes before the same barrier")]
    [InlineData(Fault.SharedUnwritten, "before anything was written there")]
    [InlineData(Fault.ReadOutside, "reads element 16 of block 0, which has 16")]
    [InlineData(Fault.WriteOutside, "writes element 16 of block 1, which has 16")]
    [InlineData(Fault.OutputUnwritten, "element 15 of 16 of the output block 1 was not written")]
    [InlineData(Fault.WriteToInput, "which it was given to read")]
    [InlineData(Fault.ReadOutput, "before anything was written there")]
    [InlineData(Fault.TwoWriters, "writes too")]
    [InlineData(Fault.TwoGroups, "which group")]
    [InlineData(Fault.DivergentBarrier, "never reaches")]
    [InlineData(Fault.OtherBarrier, "waits at the barrier in line")]
    [InlineData(Fault.Misaligned, "a vector access starts at a multiple of four")]
    [InlineData(Fault.SlotTwice, "asks twice for shared memory 0")]
    [InlineData(Fault.TooMuchShared, "asks for 65536 bytes of shared memory; a group has 49152")]
    [InlineData(Fault.OverwrittenWhileRead, "without a barrier between")]
    public void PlantedFaultIsSeen(Fault fault, string message)
    {
        using var emulator = new GpuEmulator<float>(Items, backwards: fault == Fault.OverwrittenWhileRead);
        emulator.Allocate(0, 16);
        emulator.Allocate(1, 16);
        emulator.Write([.. Enumerable.Range(0, 16).Select(i => (float)i)], 0, 0);
        void Launch() => emulator.Launch(new Grid(2, 1, 1, Items), new NeighbourKernel<EmulatedView<float>>(
            emulator.View(0, 0, 16, Access.Read), emulator.View(1, 0, 16, Access.Write), fault));
        if (fault == Fault.None)
        {
            Launch();
            var y = new float[16];
            emulator.Read(1, 0, y);
            Assert.Equal([0, 0, 1, 2, 3, 4, 5, 6, 8, 8, 9, 10, 11, 12, 13, 14], y);
        }
        else
        {
            KernelFaultException e = Assert.Throws<KernelFaultException>(Launch);
            Assert.StartsWith("NeighbourKernel: ", e.Message);
            Assert.Contains(message, e.Message);
        }

        // A fault leaves the emulator usable.
        emulator.Launch(Grid.Over(16, Items), new FillKernel<float, EmulatedView<float>>(emulator.View(1, 0, 16, Access.Write), 3));
        var filled = new float[16];
        emulator.Read(1, 0, filled);
        Assert.All(filled, v => Assert.Equal(3, v));
    }

    [Fact]
    public void MemoryIsCounted()
    {
        using var emulator = new GpuEmulator<double>(totalBytes: 1000);
        emulator.Allocate(0, 100);
        DeviceMemoryException e = Assert.Throws<DeviceMemoryException>(() => emulator.Allocate(1, 26));
        Assert.Equal((208, 200), (e.Asked, e.Free));
        emulator.Release(0);
        emulator.Allocate(1, 125);
        Assert.Equal(0, emulator.FreeBytes);
    }

    public enum Fault
    {
        None, NoBarrier, SharedUnwritten, ReadOutside, WriteOutside, OutputUnwritten, WriteToInput, ReadOutput, TwoWriters, TwoGroups,
        DivergentBarrier, OtherBarrier, Misaligned, OverwrittenWhileRead, SlotTwice, TooMuchShared,
    }

    private readonly struct Eight : ILength
    {
        public static int Value => Items;
    }

    private readonly struct Large : ILength
    {
        public static int Value => 16384;
    }

    // y[i] = x of the left neighbour in the group (the first item's own), through shared memory.
    private readonly struct NeighbourKernel<TView>(TView x, TView y, Fault fault) : IKernel<float, TView>
        where TView : struct, IView<float>
    {
        public static bool HasBarriers => true;

        public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<float, TView>
        {
            int item = group.Item, i = (group.X * group.Items) + item;
            TView shared = fault == Fault.TooMuchShared ? group.Shared<Large>(0) : group.Shared<Eight>(0);
            if (fault == Fault.SlotTwice) shared = group.Shared<Eight>(0);
            if (fault != Fault.SharedUnwritten || item != 3) shared.Store(item, x.Load(fault == Fault.ReadOutside ? i + 1 : i));
            if (fault == Fault.DivergentBarrier && item == 5) return;
            if (fault == Fault.OtherBarrier && item == 2) group.Barrier();
            else if (fault != Fault.NoBarrier) group.Barrier();
            float left = shared.Load(item == 0 ? 0 : item - 1);
            if (fault == Fault.OverwrittenWhileRead) shared.Store(item, left);
            if (fault == Fault.Misaligned && item == 1) _ = x.Load4(2);
            if (fault == Fault.WriteToInput) x.Store(i, left);
            if (fault == Fault.ReadOutput) left += y.Load(i);
            if (fault == Fault.TwoWriters && item == 7) y.Store(i - 1, left);
            if (fault == Fault.TwoGroups && item == 0) y.Store(0, left);
            if (fault == Fault.OutputUnwritten && i == 15) return;
            y.Store(fault == Fault.WriteOutside ? i + 1 : i, left);
        }
    }
}
