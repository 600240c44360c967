namespace NativeFlow.Kernels.Gpu;

/// <summary>How a product runs: its tiles, and into how many slabs its sums are cut. A function of the sizes and of the device's limits alone.</summary>
/// <param name="Tiling">The tiles.</param>
/// <param name="Slabs">Slabs, at least 1.</param>
internal readonly record struct GemmPlan(GemmTiling Tiling, int Slabs)
{
    private const int MostSlabs = 32, LeastSlab = 64;

    // Partial results: at most 256 MB of floats.
    private const long MostPartial = 1L << 26;

    /// <summary>The plan of least estimated time.</summary>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="batch">Products.</param>
    /// <param name="isDouble">In double precision.</param>
    /// <param name="limits">The device's.</param>
    public static GemmPlan For(int m, int n, int k, int batch, bool isDouble, in GpuLimits limits)
    {
        var best = new GemmPlan(GemmTiling.Tile16x32, 1);
        double least = double.MaxValue;
        for (GemmTiling tiling = GemmTiling.Tile128x128; tiling <= GemmTiling.Tile16x32; tiling++)
        {
            (int rows, int columns, int items, int resident, double rate) = Of(tiling);

            // 64 sums in double take all the registers that an item can have.
            if (items > limits.Items || (isDouble && tiling == GemmTiling.Tile128x128)) continue;
            double tiles = Math.Ceiling((double)m / rows) * Math.Ceiling((double)n / columns) * batch;
            for (int slabs = 1; slabs <= MostSlabs; slabs *= 2)
            {
                if (slabs > 1 && (k / slabs < LeastSlab || (long)slabs * m * (n + 3) * batch > MostPartial)) break;
                double time = Time(tiles * slabs, Math.Ceiling((double)k / slabs), rows * columns, items, resident, rate, limits.Processors);
                if (slabs > 1) time += SumTime((double)m * n * batch, slabs, limits.Processors);
                if (time < least) (least, best) = (time, new GemmPlan(tiling, slabs));
            }
        }
        return best;
    }

    // Clocks: groups go over the processors in waves; a processor with few warps cannot hide the latency of its memory.
    private static double Time(double groups, double terms, double area, int items, int resident, double rate, int processors)
    {
        const double MultiplyAddsPerClock = 128, StartAndEnd = 1500, HalfHidden = 4;
        double rounds = Math.Ceiling(groups / processors), together = Math.Min(rounds, resident), warps = together * items / 32;
        double clocks = area * terms / (MultiplyAddsPerClock * rate) * (1 + (HalfHidden / warps));
        return (rounds * clocks) + (Math.Ceiling(rounds / together) * StartAndEnd);
    }

    // A launch, and the partial results written and read once.
    private static double SumTime(double elements, int slabs, int processors)
    {
        const double Launch = 5000, ElementsPerClockAndProcessor = 6;
        return Launch + (elements * 2 * slabs / (ElementsPerClockAndProcessor * processors));
    }

    // Rate: the share of the arithmetic that is left beside the loads from shared memory; both estimates, not measurements.
    private static (int Rows, int Columns, int Items, int Resident, double Rate) Of(GemmTiling tiling) => tiling switch
    {
        GemmTiling.Tile128x128 => (GemmTile128x128.Rows, GemmTile128x128.Columns, GemmTile128x128.Items, 2, 0.9),
        GemmTiling.Tile64x64 => (GemmTile64x64.Rows, GemmTile64x64.Columns, GemmTile64x64.Items, 5, 0.75),
        GemmTiling.Tile64x32 => (GemmTile64x32.Rows, GemmTile64x32.Columns, GemmTile64x32.Items, 8, 0.55),
        GemmTiling.Tile32x32 => (GemmTile32x32.Rows, GemmTile32x32.Columns, GemmTile32x32.Items, 12, 0.5),
        _ => (GemmTile16x32.Rows, GemmTile16x32.Columns, GemmTile16x32.Items, 16, 0.4),
    };
}
