using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How products run.</summary>
internal static class GemmLaunch<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int MostAlongZ = 65535;

    /// <summary>Starts the kernels of a product, or of a batch.</summary>
    /// <exception cref="ArgumentException">A slice is too short, or the result overlaps an operand.</exception>
    public static void Run(GpuContext<T, TView, TLane> gpu, in GemmArgs args)
    {
        (int lda, int ldb, int ldc) = GemmGuard.Check(args);
        if (args.M == 0 || args.N == 0 || args.Batch == 0) return;
        var shape = new GemmShape(
            args.M, args.N, args.K, args.TransposeA ? 1 : lda, args.TransposeA ? lda : 1, args.TransposeB ? 1 : ldb, args.TransposeB ? ldb : 1, ldc,
            args.StrideA, args.StrideB, args.StrideC, FirstProduct: 0);
        int groups = checked((int)(((args.M + 7L) / 8) * ((args.N + 15L) / 16)));
        for (int first = 0; first < args.Batch; first += MostAlongZ)
        {
            var epilogue = new GemmEpilogue<T, TView, TLane>(T.CreateChecked(args.Alpha), gpu.Read(args.Bias), args.Accumulate ? 1 : 0);
            gpu.Launch(new Grid(groups, 1, Math.Min(args.Batch - first, MostAlongZ), 32), new PlainGemmKernel<T, TView, TLane>(
                gpu.Read(args.A), gpu.Read(args.B), IsWhole(args, ldc) ? gpu.Write(args.C) : gpu.Update(args.C), shape with { FirstProduct = first }, epilogue));
        }
    }

    // Whether every element of C's slice is written and none is read.
    private static bool IsWhole(in GemmArgs args, int ldc)
        => !args.Accumulate && args.Batch <= MostAlongZ && (ldc == args.N || args.M == 1) && (args.Batch == 1 || args.StrideC == args.M * args.N)
            && args.C.Length == (long)args.Batch * args.M * args.N;
}
