using System.Numerics;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class BackendConformanceTests
{
    [Fact]
    public void ReferenceConforms()
    {
        Assert.Empty(BackendConformance<float>.Check(() => new ReferenceBackend<float>()));
        Assert.Empty(BackendConformance<double>.Check(() => new ReferenceBackend<double>()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void SimdConforms(int threads)
    {
        Assert.Empty(BackendConformance<float>.Check(() => new SimdBackend<float>(threads)));
        Assert.Empty(BackendConformance<double>.Check(() => new SimdBackend<double>(threads)));
    }

    [Fact]
    public void ThreadsDoNotChangeABit()
    {
        Assert.Equal(Product<float>(1), Product<float>(2));
        Assert.Equal(Product<float>(1), Product<float>(3));
        Assert.Equal(Product<double>(1), Product<double>(3));
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("M for K", "gemm")]
    [InlineData("no transposes", "gemm")]
    [InlineData("no accumulation", "gemm")]
    [InlineData("no alpha", "gemm")]
    [InlineData("no row stride", "gemm")]
    [InlineData("no batch stride", "gemm")]
    [InlineData("one of the batch", "gemm")]
    [InlineData("tail of kernels", "copy")]
    [InlineData("tail of kernels", "sum")]
    [InlineData("one element too many", "add-scaled")]
    [InlineData("NaN to zero", "NaN")]
    [InlineData("zero times old C", "NaN")]
    [InlineData("overlap allowed", "refusal")]
    [InlineData("strangers read", "refusal")]
    [InlineData("nothing released", "memory")]
    [InlineData("dirty blocks", "memory")]
    [InlineData("solve not transposed", "lu")]
    [InlineData("stream ignored", "random")]
    public void PlantedFaultIsRejected(string fault, string check)
    {
        List<string> failures = BackendConformance<double>.Check(() => new FaultyBackend<double>(fault));
        if (check.Length == 0) Assert.Empty(failures);
        else Assert.Contains(failures, f => f.StartsWith(check, StringComparison.Ordinal));
    }

    private static T[] Product<T>(int threads) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(threads);
        var random = new Random(3);
        Slice a = backend.Allocate(150 * 170), b = backend.Allocate(170 * 190), c = backend.Allocate(150 * 190);
        foreach (Slice s in (ReadOnlySpan<Slice>)[a, b]) backend.Write([.. Enumerable.Range(0, s.Length).Select(_ => T.CreateTruncating(random.NextDouble() - 0.5))], s);
        backend.Gemm(new GemmArgs(150, 190, 170, a, b, c));
        var values = new T[c.Length];
        backend.Read(c, values);
        return values;
    }
}
