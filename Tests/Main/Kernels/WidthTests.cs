using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>
/// The environment switches really change the vector width, so that a run of the suite with a switch set tests the narrower kernels and
/// not the same ones again. Skipped, and counted, on processors that lack the wider set.
/// </summary>
public sealed class WidthTests
{
    [WidthFact("AVX-512")]
    public void The_switch_turns_AVX512_off()
    {
        bool on = !Off("DOTNET_EnableAVX512") && !Off("DOTNET_EnableAVX2");
        Assert.Equal(on, Avx512F.IsSupported);
        // Some early processors have the set but run faster without its widest vectors; off must mean off everywhere.
        if (!on) Assert.False(Vector512.IsHardwareAccelerated);
        Assert.Equal(Vector512.IsHardwareAccelerated, SimdBackend<float>.WidthInBits == 512);
    }

    [WidthFact("AVX2")]
    public void The_switch_turns_AVX2_off()
    {
        bool on = !Off("DOTNET_EnableAVX2");
        Assert.Equal(on, Avx2.IsSupported);
        Assert.Equal(on, Vector256.IsHardwareAccelerated);
        Assert.Equal(on, SimdBackend<float>.WidthInBits >= 256);
        if (!on) Assert.Equal(128, SimdBackend<float>.WidthInBits);
    }

    [Fact]
    public void A_backend_says_the_width_that_it_has()
    {
        using var backend = new SimdBackend<float>(1);
        Assert.Contains($"{SimdBackend<float>.WidthInBits}-bit", backend.Name, StringComparison.Ordinal);
        Assert.Equal(SimdBackend<float>.WidthInBits, SimdBackend<double>.WidthInBits);
    }

    private static bool Off(string variable) => Environment.GetEnvironmentVariable(variable) == "0";
}
