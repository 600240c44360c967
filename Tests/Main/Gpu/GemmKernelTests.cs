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
}
