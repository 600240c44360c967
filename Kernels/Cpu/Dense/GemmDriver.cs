using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Cuts up and walks a product for one vector width. Order of loops: slab of rows, pass over k, chunk of column panels, row block, group
/// of panels, row tile, panel. Panels are as wide as two vectors; the last one may be narrower.
/// </summary>
internal static unsafe class GemmDriver<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    /// <summary>Row tiles packed in one piece of work.</summary>
    private const int TilesPerPiece = 8;

    /// <summary>Rows of a transposed A packed for one tile before the next tile.</summary>
    private const int RowsAtOnce = 32;

    /// <summary>Enough to even out threads that start late or are held up; fewer would leave more panels together.</summary>
    private const int ChunksPerThread = 4;

    /// <summary>Bytes of the packed A of a slab.</summary>
    private const long LargestPackedA = 32 << 20;

    /// <summary>Bytes of the packed B of a chunk.</summary>
    private const long LargestPackedB = 16 << 20;

    /// <summary>Bytes of a B that is read where it lies: it stays in the first-level cache.</summary>
    private const int LargestDirectB = 32768;

    /// <summary>Bytes of a block's A: they stay in a second-level cache, with some panels of B.</summary>
    private const int BlockBytes = 640 << 10;

    /// <summary>Bytes of the panels of a group in a tall product of short k, whose C is then written along its rows.</summary>
    private const int TallGroupBytes = 512 << 10;

    /// <summary>Up to here a product is one block, and a group one panel: each panel is used up at once.</summary>
    private const int TallRows = 520;

    /// <summary>Longest pass in which writing C counts for more than reading B again; beyond it a group is one panel.</summary>
    private const int ShortPass = 256;

    /// <summary>Largest k for which a transposed A is read where it lies, a row for each k: more rows would not stay near from one tile to the next.</summary>
    private const int LongestDirectA = 512;

    /// <summary>Elements of k in one pass. Long passes touch C seldom, and neither panel needs to fit the first-level cache.</summary>
    private static int LongestPass => 3200 / sizeof(T);

    private static int Panel => 2 * L.Count;

    /// <summary>Decides how the product is cut up; <paramref name="threads"/> changes only who does what.</summary>
    public static void Prepare(ref GemmPlan<T> plan, int threads)
    {
        plan.Passes = Parts(plan.K, LongestPass);
        int passK = Parts(plan.K, plan.Passes);
        plan.Slabs = (int)Math.Max(1, ((long)plan.M * passK * sizeof(T) + LargestPackedA - 1) / LargestPackedA);
        int panels = Parts(plan.N, Panel);
        long panelBytes = (long)passK * Panel * sizeof(T);
        bool tall = plan.M > TallRows;
        plan.GroupPanels = tall && passK <= ShortPass ? (int)Math.Max(1, TallGroupBytes / panelBytes) : 1;
        plan.Chunks = (int)Math.Min(panels, Math.Max(threads == 1 ? 1 : ChunksPerThread * threads, (panels * panelBytes + LargestPackedB - 1) / LargestPackedB));
        plan.Blocks = tall ? Parts(Parts(plan.M, plan.Slabs), Math.Max(4 * L.MaxRows, BlockBytes / (passK * sizeof(T)))) : 1;

        // Rows that lie a multiple of a page apart fall on the same cache sets; such operands are always packed.
        plan.DirectA = (!plan.TransposeA || plan.K <= LongestDirectA) && plan.Lda * sizeof(T) % 4096 != 0;
        plan.DirectB = !plan.TransposeB && (plan.M <= L.MaxRows || plan.K * plan.Ldb * sizeof(T) <= LargestDirectB);
    }

    /// <summary>Sets the plan to a slab of rows and a pass over k; returns the pieces of work in which its A is packed.</summary>
    public static int Begin(ref GemmPlan<T> plan, int slab, int pass)
    {
        plan.FirstRow = Part(plan.M, plan.Slabs, slab);
        plan.Rows = Part(plan.M, plan.Slabs, slab + 1) - plan.FirstRow;
        plan.FirstK = Part(plan.K, plan.Passes, pass);
        plan.PassK = Part(plan.K, plan.Passes, pass + 1) - plan.FirstK;
        plan.Tiles = Parts(plan.Rows, L.MaxRows);
        if (plan.DirectA) return 0;
        plan.PackedA = (T*)GemmScratch.Current.A((nuint)((nint)plan.Tiles * TileLength(ref plan) * sizeof(T)));
        return Parts(plan.Tiles, TilesPerPiece);
    }

    /// <summary>Packs some row tiles of A; of a transposed A a few rows for all of them at a time, so that these stay near.</summary>
    public static void PackPiece(ref GemmPlan<T> plan, int piece)
    {
        int end = Math.Min(plan.Tiles, (piece + 1) * TilesPerPiece);
        int step = plan.TransposeA ? RowsAtOnce : plan.PassK;
        for (int p = 0; p < plan.PassK; p += step)
            for (int tile = piece * TilesPerPiece; tile < end; tile++)
            {
                int start = Part(plan.Rows, plan.Tiles, tile);
                int height = Part(plan.Rows, plan.Tiles, tile + 1) - start;
                nint row = plan.FirstRow + start;
                T* source = plan.TransposeA ? plan.A + (plan.FirstK + p) * plan.Lda + row : plan.A + row * plan.Lda + plan.FirstK;
                GemmPack<T, V, L>.A(
                    plan.TransposeA, source, plan.Lda, plan.M - (int)row, height, Math.Min(step, plan.PassK - p),
                    plan.PackedA + tile * TileLength(ref plan) + p * GemmPack<T, V, L>.TileRows);
            }
    }

    /// <summary>One chunk of column panels, all rows of the slab.</summary>
    public static void Chunk(ref GemmPlan<T> plan, int chunk)
    {
        int panels = Parts(plan.N, Panel);
        int firstPanel = Part(panels, plan.Chunks, chunk), endPanel = Part(panels, plan.Chunks, chunk + 1);
        nint panelLength = (nint)plan.PassK * Panel;
        int keptPanels = plan.Blocks > 1 ? endPanel - firstPanel : Math.Min(plan.GroupPanels, endPanel - firstPanel);
        T* packedB = plan.DirectB ? null : (T*)GemmScratch.Current.B((nuint)(keptPanels * panelLength * sizeof(T)));
        for (int block = 0; block < plan.Blocks; block++)
        {
            int firstTile = Part(plan.Tiles, plan.Blocks, block), endTile = Part(plan.Tiles, plan.Blocks, block + 1);
            for (int panel = firstPanel; panel < endPanel; panel += plan.GroupPanels)
            {
                int groupEnd = Math.Min(endPanel, panel + plan.GroupPanels);
                T* groupB = plan.Blocks > 1 ? packedB + (panel - firstPanel) * panelLength : packedB;
                if (block == 0 && !plan.DirectB) PackGroup(ref plan, panel, groupEnd, groupB);
                Group(ref plan, firstTile, endTile, panel, groupEnd, endPanel, block == 0, groupB);
            }
        }
    }

    /// <summary>Packs what the first row tile cannot pack on its way: panels of a transposed B, and a panel that sticks out.</summary>
    private static void PackGroup(ref GemmPlan<T> plan, int firstPanel, int endPanel, T* target)
    {
        for (int panel = firstPanel; panel < endPanel; panel++, target += (nint)plan.PassK * Panel)
        {
            int width = Math.Min(Panel, plan.N - panel * Panel);
            if (plan.TransposeB || width < Panel)
                GemmPack<T, V, L>.B(plan.TransposeB, PanelSource(ref plan, panel), plan.Ldb, width, PackedWidth(width), plan.PassK, target);
        }
    }

    /// <summary>
    /// Row tile after row tile over a few panels. B in its own order is packed by the first tile while it computes. Meanwhile the tiles
    /// fetch the panels of the next group.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Group(ref GemmPlan<T> plan, int firstTile, int endTile, int firstPanel, int endPanel, int lastPanel, bool first, T* packedB)
    {
        int nr = Panel, k = plan.PassK, groupPanels = endPanel - firstPanel;
        nint panelLength = (nint)k * nr;
        TileArgs<T> args;
        args.K = k;
        args.Alpha = plan.Alpha;
        bool accumulate = plan.Accumulate || plan.FirstK > 0;
        T* zeros = (T*)GemmZeros.Row;
        args.AddStep = accumulate ? plan.Ldc : 0;
        args.CStep = plan.Ldc;
        int lines = Parts(k, TileArgs<T>.Line);
        args.CRowsAhead = Parts(L.MaxRows, lines);
        args.CAheadFrom = L.MaxRows * TileArgs<T>.Line;
        bool fromSource = first || plan.DirectB;
        nint ldb = fromSource ? plan.Ldb : nr;
        bool transposed = fromSource && plan.TransposeB;
        int allPairs = transposed ? L.Count : nr >= 2 * TileArgs<T>.Line ? TileArgs<T>.Line : TileArgs<T>.Line / 2;
        args.AheadStride = ldb;
        args.AheadSecond = transposed || nr < 2 * TileArgs<T>.Line ? allPairs * ldb : TileArgs<T>.Line;
        args.AheadStep = transposed ? TileArgs<T>.Line : TileArgs<T>.Line * ldb;
        bool strided = plan.DirectA && !plan.TransposeA;
        args.AStep = plan.DirectA ? plan.Lda : GemmPack<T, V, L>.TileRows;
        args.AAhead = strided ? TileArgs<T>.Line : plan.DirectA ? TileArgs<T>.StepsAhead * args.AStep : 0;
        for (int tile = firstTile; tile < endTile; tile++)
        {
            int start = Part(plan.Rows, plan.Tiles, tile);
            int height = Part(plan.Rows, plan.Tiles, tile + 1) - start;
            nint row = plan.FirstRow + start;
            args.A = !plan.DirectA ? plan.PackedA + tile * TileLength(ref plan)
                : plan.TransposeA ? plan.A + plan.FirstK * plan.Lda + row
                : plan.A + row * plan.Lda + plan.FirstK;
            int firstPair = Part(allPairs, endTile - firstTile, tile - firstTile);
            int pairs = Part(allPairs, endTile - firstTile, tile - firstTile + 1) - firstPair;
            bool keeps = first && tile == firstTile && !plan.DirectB && !plan.TransposeB;
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                int width = Math.Min(nr, plan.N - panel * nr);
                T* packed = packedB + (panel - firstPanel) * panelLength;
                bool here = plan.DirectB || keeps && width == nr;
                args.B = here ? PanelSource(ref plan, panel) : packed;
                args.BStep = here ? plan.Ldb : PackedWidth(width);
                args.BAhead = TileArgs<T>.StepsAhead * args.BStep;
                args.Kept = packed;
                args.C = plan.C + row * plan.Ldc + panel * nr;
                args.Add = accumulate ? args.C : plan.Bias is not null ? plan.Bias + panel * nr : zeros;
                args.LastColumns = width <= L.Count ? width : width - L.Count;
                args.AheadPairs = panel + groupPanels < lastPanel ? pairs : 0;
                args.Ahead = (fromSource ? PanelSource(ref plan, panel + groupPanels) : packed + groupPanels * panelLength) + firstPair * ldb;
                if (width <= L.Count) GemmDispatch<T, V, L>.Run<OneVector>(height, strided, &args);
                else if (width < nr) GemmDispatch<T, V, L>.Run<TwoVectorsMasked>(height, strided, &args);
                else if (keeps) GemmDispatch<T, V, L>.Run<TwoVectorsKept>(height, strided, &args);
                else GemmDispatch<T, V, L>.Run<TwoVectors>(height, strided, &args);
            }
        }
    }

    /// <summary>How many parts of at most <paramref name="size"/> make up the whole.</summary>
    private static int Parts(int total, int size) => (total + size - 1) / size;

    /// <summary>Where part number <paramref name="index"/> of <paramref name="count"/> equal parts begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Part(int total, int count, int index) => count == 1 ? index * total : (int)((long)total * index / count);

    /// <summary>Elements of a packed row tile of A.</summary>
    private static nint TileLength(ref GemmPlan<T> plan) => (nint)plan.PassK * GemmPack<T, V, L>.TileRows;

    private static int PackedWidth(int width) => width <= L.Count ? L.Count : Panel;

    private static T* PanelSource(ref GemmPlan<T> plan, int panel) =>
        plan.TransposeB ? plan.B + (nint)panel * Panel * plan.Ldb + plan.FirstK : plan.B + plan.FirstK * plan.Ldb + (nint)panel * Panel;
}
