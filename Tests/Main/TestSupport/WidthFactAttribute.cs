using System.Runtime.Intrinsics.X86;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A fact about an instruction set; skipped where the processor itself lacks it, whatever the environment says.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WidthFactAttribute : FactAttribute
{
    public WidthFactAttribute(string set)
    {
        if (!Has(set)) Skip = $"This processor has no {set}.";
    }

    // Asked of the processor, since the runtime's own answers follow the switches that are under test.
    private static bool Has(string set)
    {
        if (!X86Base.IsSupported) return false;
        (int highest, _, _, _) = X86Base.CpuId(0, 0);
        if (highest < 7) return false;
        (_, int features, _, _) = X86Base.CpuId(7, 0);
        return (features & (1 << (set == "AVX2" ? 5 : 16))) != 0;
    }
}
