using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

[Trait("Category", "Gpu")]
public sealed class GemmKernelTests
{
    [Theory]
    [InlineData(5, 19, 33)]
    [InlineData(9, 4, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 67, 35)]
    [InlineData(139, 3, 45)]
    [InlineData(4, 70, 130)]
    [InlineData(20, 30, 33)]
    public void EveryFormOfAProduct(int m, int n, int k)
    {
        using var single = GpuEmulation.Single();
        using var twice = GpuEmulation.Double();
        for (int flags = 0; flags < 32; flags++)
        {
            bool ta = (flags & 1) != 0, tb = (flags & 2) != 0, accumulate = (flags & 4) != 0, padded = (flags & 8) != 0, batched = (flags & 16) != 0;
            var p = new GemmArgs(m, n, k, default, default, default)
            {
                TransposeA = ta,
                TransposeB = tb,
                Accumulate = accumulate,
                Alpha = padded ? -0.75 : 1,
                Lda = padded ? (ta ? m : k) + 3 : 0,
                Ldb = padded ? (tb ? k : n) + 2 : 0,
                Ldc = padded ? n + 1 : 0,
                Batch = batched ? 3 : 1,
                StrideA = ta ? 0 : (m * (k + 3)) + 1,
                StrideB = ta ? (k * n * 2) + 7 : 0,
                StrideC = padded ? (m * (n + 1)) + 5 : m * n,
            };
            ProductCheck<float>.Run(single, p, bias: !accumulate && tb, start: flags % 5);
            ProductCheck<double>.Run(twice, p, bias: !accumulate && tb, start: flags % 5);
        }
        Assert.Equal(0, single.HostCalls + twice.HostCalls);
    }

    [Theory]
    [InlineData((int)GemmTiling.Tile16x32, 21, 37, 27)]
    [InlineData((int)GemmTiling.Tile16x32, 16, 64, 8)]
    [InlineData((int)GemmTiling.Tile32x32, 35, 41, 37)]
    [InlineData((int)GemmTiling.Tile64x32, 67, 29, 41)]
    [InlineData((int)GemmTiling.Tile64x64, 67, 73, 19)]
    [InlineData((int)GemmTiling.Tile64x64, 64, 64, 48)]
    [InlineData((int)GemmTiling.Tile128x128, 131, 61, 21)]
    [InlineData((int)GemmTiling.Tile128x128, 128, 120, 36)]
    public void EveryTilingInEveryForm(int tiling, int m, int n, int k)
    {
        using var single = GpuEmulation.Single(items: 256);
        using var twice = GpuEmulation.Double(items: 256);
        for (int form = 0; form < 4; form++)
            for (int variant = 0; variant < 4; variant++)
            {
                if (tiling < (int)GemmTiling.Tile64x32 && variant != form) continue;
                bool ta = (form & 1) != 0, tb = (form & 2) != 0;
                GemmArgs p = Variant(m, n, k, ta, tb, variant);
                var plan = new GemmPlan((GemmTiling)tiling, variant == 3 ? 2 : 1);
                ProductCheck<float>.Run(single, p, bias: variant == 1, start: variant == 2 ? 3 : 8, run: a => GemmLaunch<float, EmulatedView<float>, SingleLane>.Run(single.Gpu, a, plan));
                if (tiling != (int)GemmTiling.Tile128x128 && variant == form)
                    ProductCheck<double>.Run(twice, p, bias: variant == 1, start: variant == 2 ? 3 : 8, run: a => GemmLaunch<double, EmulatedView<double>, DoubleLane>.Run(twice.Gpu, a, plan));
            }
    }

    [Theory]
    [InlineData((int)GemmTiling.Tile16x32, 19, 33, 200, 8)]
    [InlineData((int)GemmTiling.Tile16x32, 17, 32, 100, 3)]
    [InlineData((int)GemmTiling.Lines, 2, 70, 300, 4)]
    [InlineData((int)GemmTiling.Lines, 37, 4, 300, 4)]
    [InlineData((int)GemmTiling.Lines, 1, 1, 500, 8)]
    public void SlabsAreAddedInOneOrder(int tiling, int m, int n, int k, int slabs)
    {
        using var forwards = GpuEmulation.Single();
        using var backwards = GpuEmulation.Single(backwards: true);
        for (int form = 0; form < 4; form++)
            for (int variant = 0; variant < 4; variant++)
            {
                if (variant != form && variant != 3 - form) continue;
                GemmArgs p = Variant(m, n, k, (form & 1) != 0, (form & 2) != 0, variant);
                var plan = new GemmPlan((GemmTiling)tiling, slabs);
                Assert.Equal(Run(forwards), Run(backwards));

                float[] Run(GpuBackend<float, EmulatedView<float>, SingleLane> on)
                    => ProductCheck<float>.Run(on, p, bias: variant == 1, start: variant == 2 ? 3 : 8, run: a => GemmLaunch<float, EmulatedView<float>, SingleLane>.Run(on.Gpu, a, plan));
            }
        Assert.Equal(0, forwards.AllocatedElements);
    }

    [Theory]
    [InlineData(4096, 4096, 4096, 1, (int)GemmTiling.Tile128x128, 1)]
    [InlineData(3, 3, 3, 500, (int)GemmTiling.Small, 1)]
    [InlineData(1, 784, 784, 1, (int)GemmTiling.Lines, 2)]
    [InlineData(784, 1, 100000, 1, (int)GemmTiling.Lines, 16)]
    public void PlanFitsTheShape(int m, int n, int k, int batch, int tiling, int slabs)
    {
        var limits = new GpuLimits(1024, 48 * 1024, 132, true);
        Assert.Equal(new GemmPlan((GemmTiling)tiling, slabs), GemmPlan.For(m, n, k, batch, isDouble: false, limits));
    }

    [Theory]
    [InlineData(100, 784, 784)]
    [InlineData(100, 3072, 3072)]
    [InlineData(784, 784, 100)]
    [InlineData(1024, 784, 784)]
    [InlineData(100, 8192, 8192)]
    [InlineData(8192, 8192, 8192)]
    public void PlanUsesTheWholeDevice(int m, int n, int k)
    {
        foreach (bool isDouble in (ReadOnlySpan<bool>)[false, true])
        {
            GemmPlan plan = GemmPlan.For(m, n, k, 1, isDouble, new GpuLimits(1024, 48 * 1024, 132, true));
            (int rows, int columns) = plan.Tiling switch
            {
                GemmTiling.Tile128x128 => (128, 128),
                GemmTiling.Tile64x64 => (64, 64),
                GemmTiling.Tile64x32 => (64, 32),
                GemmTiling.Tile32x32 => (32, 32),
                _ => (16, 32),
            };
            int groups = ((m + rows - 1) / rows) * ((n + columns - 1) / columns) * plan.Slabs;
            Assert.True(groups >= 100, $"{plan} makes {groups} groups for 132 processors");
            Assert.False(isDouble && plan.Tiling == GemmTiling.Tile128x128);
        }
    }

    // As it is; with a factor, a bias and aligned strides; accumulating over odd strides; a batch that shares B.
    internal static GemmArgs Variant(int m, int n, int k, bool ta, bool tb, int variant)
    {
        int colsA = ta ? m : k, colsB = tb ? k : n;
        var p = new GemmArgs(m, n, k, default, default, default) { TransposeA = ta, TransposeB = tb };
        return variant switch
        {
            1 => p with { Alpha = -0.75, Lda = Up(colsA) + 4, Ldb = Up(colsB), Ldc = Up(n) + 8 },
            2 => p with { Accumulate = true, Alpha = 1.5, Lda = colsA + 3, Ldb = colsB + 1, Ldc = n + 2 },
            3 => p with { Batch = 2, StrideA = m * k, StrideC = (m * n) + 4 },
            _ => p,
        };
    }

    private static int Up(int n) => (n + 3) / 4 * 4;
}
