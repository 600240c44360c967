using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Carries a <see cref="RandomArgs"/> to the generator. There is one generator for all backends, since its bits are the meaning.</summary>
internal static class RandomNumbers
{
    public static void Fill<T>(Span<T> destination, in RandomArgs args) where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (args.Kind)
        {
            case RandomKind.Uniform: RandomFill.Uniform(args.Key, args.Stream, args.First, destination); break;
            case RandomKind.Gaussian: RandomFill.Gaussian(args.Key, args.Stream, args.First, destination); break;
            case RandomKind.Rademacher: RandomFill.Rademacher(args.Key, args.Stream, args.First, destination); break;
            default: throw new ArgumentException($"Random: unknown kind {args.Kind}.");
        }
    }
}
