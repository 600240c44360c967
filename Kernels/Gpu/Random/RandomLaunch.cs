using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Fills memory with the random numbers that the CPU gives, to the bit.</summary>
internal static class RandomLaunch<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    public static void Run(GpuContext<T, TView, TLane> gpu, in RandomArgs args)
    {
        int length = args.Destination.Length;
        bool isSingle = typeof(T) == typeof(float);
        if (length == 0) return;
        switch (args.Kind)
        {
            case RandomKind.Uniform:
                if (isSingle) gpu.Each(Pieces(args, 4), new UniformSingleKernel<T, TView, TLane>(gpu.Write(args.Destination), Stream(args, 4), (int)(args.First % 4)));
                else gpu.Each(Pieces(args, 2), new UniformKernel<T, TView, TLane>(gpu.Write(args.Destination), Stream(args, 2), (int)(args.First % 2)));
                break;
            case RandomKind.Gaussian:
                if (isSingle) gpu.Each(Pieces(args, 2), new GaussianSingleKernel<T, TView, TLane>(gpu.Write(args.Destination), Stream(args, 2), (int)(args.First % 2)));
                else gpu.Each(Pieces(args, 2), new GaussianKernel<T, TView, TLane>(gpu.Write(args.Destination), Stream(args, 2), (int)(args.First % 2)));
                break;
            case RandomKind.Rademacher:
                // Four elements an item: a block has 128, which would leave most items idle.
                gpu.Each(Pieces(args, 4), new RademacherKernel<T, TView, TLane>(gpu.Write(args.Destination), Stream(args, 4), (int)(args.First % 4)));
                break;
            default: throw new ArgumentException($"Random: unknown kind {args.Kind}.");
        }
    }

    // Elements first .. first + length in pieces of so many, cut where their index in the stream is a multiple.
    private static int Pieces(in RandomArgs args, int size) => checked((int)(((long)(args.First % (ulong)size) + args.Destination.Length + size - 1) / size));

    private static RandomStream Stream(in RandomArgs args, int size) => new(args.Key, args.Stream, args.First / (ulong)size);
}
