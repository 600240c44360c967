using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>How products run.</summary>
internal static class GemmLaunch<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int MostAlongZ = 65535, LinesItems = 128;

    /// <summary>Starts the kernels of a product, or of a batch.</summary>
    /// <exception cref="ArgumentException">A slice is too short, or the result overlaps an operand.</exception>
    public static void Run(GpuContext<T, TView, TLane> gpu, in GemmArgs args)
        => Run(gpu, args, GemmPlan.For(args.M, args.N, args.K, args.Batch, typeof(T) == typeof(double), gpu.Limits, gpu.Precision));

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
            case GemmTiling.Tile16x32: Tiled<GemmTile16x32>(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Lines: Lines(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Tensor128x128: Tiled<GemmTensor128x128>(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Tensor64x64: Tiled<GemmTensor64x64>(gpu, args, shape, plan.Slabs); break;
            case GemmTiling.Tensor32x32: Tiled<GemmTensor32x32>(gpu, args, shape, plan.Slabs); break;
            default:
                gpu.Each(checked(args.Batch * args.M * args.N), new GemmSmallKernel<T, TView, TLane>(
                    gpu.Read(args.A), gpu.Read(args.B), Result(gpu, args, ldc), shape, args.Batch, Epilogue(gpu, args, shape)));
                break;
        }
    }

    private static void Tiled<TTile>(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, int slabs) where TTile : struct, IGemmTile
    {
        Sums sums = Begin(gpu, args, shape, slabs, TTile.Depth);
        Tiled<TTile>(gpu, args, sums.Shape, sums.Slabs, sums.C, sums.Epilogue);
        End(gpu, args, shape, sums);
    }

    // Where the sums go: to C, or with several slabs to memory of their own, [slabs x products x M x width].
    private static Sums Begin(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, int slabs, int depth)
    {
        int slab = RoundUp((shape.K + slabs - 1) / slabs, depth);
        slabs = slab == 0 ? 1 : (shape.K + slab - 1) / slab;
        if (slabs == 1) return new Sums(shape, 1, 0, Slice.None, Result(gpu, args, shape.RowC), Epilogue(gpu, args, shape));
        int width = RoundUp(shape.N, 4), stride = checked(args.Batch * shape.M * width);
        Slice partial = gpu.Scratch(checked(slabs * stride));
        return new Sums(
            shape with { Slab = slab, StrideSplit = stride, RowC = width, StrideC = shape.M * width }, slabs, width, partial,
            width == shape.N && args.Batch <= MostAlongZ ? gpu.Write(partial) : gpu.Update(partial), new GemmEpilogue<T, TView, TLane>(T.One, default, 0, 1));
    }

    private static void End(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, in Sums sums)
    {
        if (sums.Slabs == 1) return;
        int stride = sums.Shape.StrideSplit;
        gpu.Each(stride / 4, new GemmSumKernel<T, TView, TLane>(
            gpu.Read(sums.Partial), Result(gpu, args, shape.RowC), shape with { StrideSplit = stride }, sums.Slabs, sums.Width, Epilogue(gpu, args, shape)));
    }

    private static void Lines(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape, int slabs)
    {
        Sums sums = Begin(gpu, args, shape, slabs, 4 * GemmDeepLinesKernel<T, TView, TLane, GemmLineLengths.Of32>.ItemsPerLine);
        bool isTransposed = args.N > GemmLines<T, TView, TLane>.Most;
        GemmShape s = isTransposed ? Transposed(sums.Shape) : sums.Shape;
        TView a = gpu.Read(isTransposed ? args.B : args.A), b = gpu.Read(isTransposed ? args.A : args.B);
        int items = Math.Min(LinesItems, gpu.Limits.Items);
        bool isDeep = s.DepthA == 1;
        int perGroup = isDeep ? items / GemmDeepLinesKernel<T, TView, TLane, GemmLineLengths.Of32>.ItemsPerLine : items;
        for (int first = 0; first < args.Batch; first += MostAlongZ)
        {
            var lines = new GemmLines<T, TView, TLane>(b, sums.C, s with { FirstProduct = first }, isTransposed ? 1 : 0, sums.Epilogue);
            var grid = new Grid((s.M + perGroup - 1) / perGroup, sums.Slabs, Math.Min(args.Batch - first, MostAlongZ), items);
            if (!isDeep) gpu.Launch(grid, new GemmFlatLinesKernel<T, TView, TLane>(a, lines));
            else if (items == LinesItems) gpu.Launch(grid, new GemmDeepLinesKernel<T, TView, TLane, GemmLineLengths.Of128>(a, lines));
            else gpu.Launch(grid with { Items = 32, X = (s.M + 3) / 4 }, new GemmDeepLinesKernel<T, TView, TLane, GemmLineLengths.Of32>(a, lines));
        }
        End(gpu, args, shape, sums);
    }

    private static GemmShape Transposed(in GemmShape s) => s with
    {
        M = s.N,
        N = s.M,
        RowA = s.ColumnB,
        DepthA = s.DepthB,
        DepthB = s.DepthA,
        ColumnB = s.RowA,
        RowC = s.ColumnC,
        ColumnC = s.RowC,
        StrideA = s.StrideB,
        StrideB = s.StrideA,
        FoursA = s.FoursB,
        FoursB = s.FoursA,
    };

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
        {
            GemmShape part = shape with { FirstProduct = first };
            var grid = new Grid(checked((int)tiles), slabs, Math.Min(args.Batch - first, MostAlongZ), TTile.Items);
            if (!TTile.IsTensor) gpu.Launch(grid, new GemmKernel<T, TView, TLane, TTile, TFormA, TFormB>(a, b, c, part, epilogue));
            else if (gpu.Precision == GemmPrecision.Tf32x3) gpu.Launch(grid, new Tf32GemmKernel<T, TView, TLane, TTile, TFormA, TFormB, Tf32Products.Three>(a, b, c, part, epilogue));
            else gpu.Launch(grid, new Tf32GemmKernel<T, TView, TLane, TTile, TFormA, TFormB, Tf32Products.One>(a, b, c, part, epilogue));
        }
    }

    private static GemmEpilogue<T, TView, TLane> Epilogue(GpuContext<T, TView, TLane> gpu, in GemmArgs args, in GemmShape shape)
    {
        int fours = AreFours(args.C, shape.RowC, args.StrideC) & (args.Bias.IsNone ? 1 : AreFours(args.Bias, 0, 0));
        return new GemmEpilogue<T, TView, TLane>(T.CreateChecked(args.Alpha), gpu.Read(args.Bias), args.Accumulate ? 1 : 0, fours);
    }

    // Whether every row of every product begins at a multiple of four elements of its block, which itself begins at one.
    private static int AreFours(Slice slice, int step, int stride) => ((slice.Offset | step | stride) & 3) == 0 ? 1 : 0;

    private static TView Result(GpuContext<T, TView, TLane> gpu, in GemmArgs args, int ldc) => IsWhole(args, ldc) ? gpu.Write(args.C) : gpu.Update(args.C);

    // Whether every element of C's slice is written and none is read, in one launch.
    private static bool IsWhole(in GemmArgs args, int ldc)
        => !args.Accumulate && args.Batch <= MostAlongZ && (ldc == args.N || args.M == 1) && (args.Batch == 1 || args.StrideC == args.M * args.N)
            && args.C.Length == (long)args.Batch * args.M * args.N;

    private static int RoundUp(int value, int to) => (value + to - 1) / to * to;

    private readonly record struct Sums(GemmShape Shape, int Slabs, int Width, Slice Partial, TView C, GemmEpilogue<T, TView, TLane> Epilogue);
}
