using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Lesson 2, docs/tour/02-a-kernel-without-a-gpu.md: its code and every number it states.</summary>
[Trait("Category", "Gpu")]
public sealed class L02_KernelWithoutAGpu
{
    [Fact]
    public void A_kernel_adds_up_in_the_emulator_and_a_race_is_named()
    {
        #region launch
        using var emulator = new GpuEmulator<double>();
        emulator.Allocate(block: 0, elements: 6);
        emulator.Allocate(block: 1, elements: 1);
        emulator.Write([1, 2, 3, 4, 5, 6], block: 0, offset: 0);
        emulator.Launch(new Grid(1, 1, 1, Items: 4), new SumKernel<EmulatedView<double>>(
            emulator.View(0, 0, 6, Access.Read), emulator.View(1, 0, 1, Access.Write), forgetsBarrier: false));
        var sum = new double[1];
        emulator.Read(block: 1, offset: 0, sum);
        #endregion
        Assert.Equal(21, sum[0]);

        #region race
        var broken = new SumKernel<EmulatedView<double>>(
            emulator.View(0, 0, 6, Access.Read), emulator.View(1, 0, 1, Access.Write), forgetsBarrier: true);
        var e = Assert.Throws<KernelFaultException>(() => emulator.Launch(new Grid(1, 1, 1, Items: 4), broken));
        #endregion
        Assert.Equal("SumKernel: item 0 of group (0, 0, 0) reads element 2 of shared memory 0 before anything was written there", e.Message);
        Assert.Contains(e.Message, Repository.Text("docs", "tour", "02-a-kernel-without-a-gpu.md"), StringComparison.Ordinal);
    }

    #region kernel
    private readonly struct Four : ILength
    {
        public static int Value => 4;
    }

    // y[0] = the sum of x, by one group of four items.
    private readonly struct SumKernel<TView>(TView x, TView y, bool forgetsBarrier) : IKernel<double, TView>
        where TView : struct, IView<double>
    {
        public static bool HasBarriers => true;

        public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<double, TView>
        {
            TView shared = group.Shared<Four>(slot: 0);
            double own = 0;
            for (int i = group.Item; i < x.Length; i += group.Items) own += x.Load(i);
            shared.Store(group.Item, own);
            for (int half = group.Items / 2; half > 0; half /= 2)
            {
                if (!forgetsBarrier) group.Barrier();
                if (group.Item < half) shared.Store(group.Item, shared.Load(group.Item) + shared.Load(group.Item + half));
            }
            if (group.Item == 0) y.Store(0, shared.Load(0));
        }
    }
    #endregion
}
