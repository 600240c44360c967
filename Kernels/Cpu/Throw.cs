using System.Diagnostics.CodeAnalysis;

namespace NativeFlow.Kernels;

/// <summary>The throwing halves of checks, kept out of hot code.</summary>
internal static class Throw
{
    [DoesNotReturn]
    public static void Gemm(string operand, int needed, in GemmArgs a, Slice given)
        => throw new ArgumentException($"Gemm {a.M}x{a.N}x{a.K} (batch {a.Batch}): {operand} needs {needed} elements, its slice has {given.Length}.");

    [DoesNotReturn]
    public static void Factor(FactorKind kind, string operand, int needed, int given)
        => throw new ArgumentException($"Factor {kind}: {operand} needs {needed} elements, its slice has {given}.");

    [DoesNotReturn]
    public static void Length(string what, int slice, int span)
        => throw new ArgumentException($"{what}: the slice has {slice} elements, the span {span}.");
}
