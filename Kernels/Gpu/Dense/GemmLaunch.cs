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
        => Run(gpu, args, GemmPlan.For(args.M, args.N, args.K, args.Batch, typeof(T) == typeof(double), gpu.Limits));

    /// <summary>Starts the kernels of a product, or of a batch, by a given plan.</summary>
    /// <exception cref="ArgumentException">A slice is too short, or the result overlaps an operand.</exception>
    public static void Run(GpuContext<T, TView, TLane> gpu, in GemmArgs args, GemmPlan plan)
    {
        (int lda, int ldb, int ldc) = GemmGuard.Check(args);
        if (args.M == 0 || args.N == 0 || args.Batch == 0) return;
        var shape = new GemmShape(
            args.M, args.N, args.K, args.TransposeA ? 1 : lda, args.TransposeA ? lda : 1, args.TransposeB ? 1 : ldb, args.TransposeB ? ldb : 1, ldc,
            args.StrideA, args.StrideB, args.StrideC)
        {
            FoursA = AreFours(args.A, lda, args.StrideA),
            FoursB = AreFours(args.B, ldb, args.StrideB),
        };
        switch (plan.Tiling)
        {
            case GemmTiling.Tile128x128: Tiled<GemmTile128x128>(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Tile64x64: Tiled<GemmTile64x64>(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Tile64x32: Tiled<GemmTile64x32>(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Tile32x32: Tiled<GemmTile32x32>(gpu, args, shape, plan.Slabs); break;
            default: Tiled<GemmTile16x32>(gpu, args, shape, plan.Slabs); break;
        }
    }

    private static void Tiled<TTile>(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, int slabs) where TTile : struct, IGemmTile
    {
        int slab = RoundUp((shape.K + slabs - 1) / slabs, TTile.Depth);
        slabs = slab == 0 ? 1 : (shape.K + slab - 1) / slab;
        if (slabs == 1)
        {
            TView c = IsWhole(args, shape.RowC) ? gpu.Write(args.C) : gpu.Update(args.C);
            Tiled<TTile>(gpu, args, shape with { Slab = shape.K }, 1, c, Epilogue(gpu, args, shape));
            return;
        }

        int width = RoundUp(shape.N, 4), stride = checked(args.Batch * shape.M * width);
        Slice partial = gpu.Scratch(checked(slabs * stride));
        Tiled<TTile>(
            gpu, args, shape with { Slab = slab, StrideSplit = stride, RowC = width, StrideC = shape.M * width }, slabs,
            width == shape.N ? gpu.Write(partial) : gpu.Update(partial), new GemmEpilogue<T, TView, TLane>(T.One, default, 0, 1));
        gpu.Each(stride / 4, new GemmSumKernel<T, TView, TLane>(
            gpu.Read(partial), IsWhole(args, shape.RowC) ? gpu.Write(args.C) : gpu.Update(args.C), shape with { StrideSplit = stride }, slabs, width, Epilogue(gpu, args, shape)));
    }

    private static void Tiled<TTile>(
        GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, int slabs, TView c, in GemmEpilogue<T, TView, TLane> epilogue)
        where TTile : struct, IGemmTile
    {
        if (args.TransposeA)
        {
            if (args.TransposeB) Tiled<TTile, GemmFlat, GemmDeep>(gpu, args, shape, slabs, c, epilogue);
            else Tiled<TTile, GemmFlat, GemmFlat>(gpu, args, shape, slabs, c, epilogue);
        }
        else if (args.TransposeB) Tiled<TTile, GemmDeep, GemmDeep>(gpu, args, shape, slabs, c, epilogue);
        else Tiled<TTile, GemmDeep, GemmFlat>(gpu, args, shape, slabs, c, epilogue);
    }

    private static void Tiled<TTile, TFormA, TFormB>(
        GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, int slabs, TView c, in GemmEpilogue<T, TView, TLane> epilogue)
        where TTile : struct, IGemmTile
        where TFormA : struct, IGemmForm
        where TFormB : struct, IGemmForm
    {
        long tiles = ((shape.M + TTile.Rows - 1L) / TTile.Rows) * ((shape.N + TTile.Columns - 1L) / TTile.Columns);
        TView a = gpu.Read(args.A), b = gpu.Read(args.B);
        for (int first = 0; first < args.Batch; first += MostAlongZ)
            gpu.Launch(
                new Grid(checked((int)tiles), slabs, Math.Min(args.Batch - first, MostAlongZ), TTile.Items),
                new GemmKernel<T, TView, TLane, TTile, TFormA, TFormB>(a, b, c, shape with { FirstProduct = first }, epilogue));
    }

    private static GemmEpilogue<T, TView, TLane> Epilogue(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape)
    {
        int fours = AreFours(args.C, shape.RowC, args.StrideC) & (args.Bias.IsNone ? 1 : AreFours(args.Bias, 0, 0));
        return new GemmEpilogue<T, TView, TLane>(T.CreateChecked(args.Alpha), gpu.Read(args.Bias), args.Accumulate ? 1 : 0, fours);
    }

    // Whether every row of every product begins at a multiple of four elements of its block, which itself begins at one.
    private static int AreFours(Slice slice, int step, int stride) => ((slice.Offset | step | stride) & 3) == 0 ? 1 : 0;

    // Whether every element of C's slice is written and none is read, in one launch.
    private static bool IsWhole(in GemmArgs args, int ldc)
        => !args.Accumulate && args.Batch <= MostAlongZ && (ldc == args.N || args.M == 1) && (args.Batch == 1 || args.StrideC == args.M * args.N)
            && args.C.Length == (long)args.Batch * args.M * args.N;

    private static int RoundUp(int value, int to) => (value + to - 1) / to * to;
}
