using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Carries a <see cref="RandomArgs"/> to the generator.</summary>
internal static class RandomFill
{
    public static void Run<T>(Span<T> destination, in RandomArgs args) where T : unmanaged, IFloatingPointIeee754<T>
        => throw new InvalidOperationException($"{args.Kind} {destination.Length}");
}
