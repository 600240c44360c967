using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Carries a <see cref="FactorArgs"/> to the routine that does it.</summary>
internal static class Factorisation
{
    public static void Run<T>(CpuMemory<T> memory, in FactorArgs args, bool naive, Workers? workers) where T : unmanaged, IFloatingPointIeee754<T>
        => throw new InvalidOperationException($"{args.Kind} {naive} {workers} {memory}");
}
