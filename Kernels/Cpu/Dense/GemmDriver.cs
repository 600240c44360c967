using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Blocks and packs a product for one vector width. Order of loops: row block, chunk of column panels, pass over k, group of panels,
/// row tile, panel. Panels are as wide as two vectors; the last one may be one vector wide.
/// </summary>
internal static unsafe class GemmDriver<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    /// <summary>Rows of A packed at once: with a pass over k they stay within a second-level cache of 1 MiB.</summary>
    private const int BlockRows = 288;

    /// <summary>Columns of A packed at once in one go; beyond, each pass packs its own.</summary>
    private const int LongestPackedK = 4096;

    /// <summary>Elements of k in one pass. Long passes touch C seldom, and neither panel needs to fit the first-level cache.</summary>
    private static int PassK => 4608 / sizeof(T);

    /// <summary>Bytes of a B that is read where it lies: it stays in the first-level cache.</summary>
    private const int LargestDirectB = 32768;

    private static int Panel => 2 * L.Count;

    public static void Prepare(ref GemmPlan<T> plan, bool split)
    {
        int panels = (plan.N + Panel - 1) / Panel;
        plan.RowBlocks = (plan.M + BlockRows - 1) / BlockRows;
        plan.KBlocks = (plan.K + PassK - 1) / PassK;
        int passK = (plan.K + plan.KBlocks - 1) / plan.KBlocks;
        plan.PackedK = plan.K <= LongestPackedK ? plan.K : passK;
        plan.ChunkPanels = split ? Math.Max(1, (int)((long)panels * plan.RowBlocks / 16)) : panels;
        plan.GroupPanels = Math.Max(1, 131072 / (passK * Panel * sizeof(T)));
        plan.Pieces = plan.RowBlocks * ((panels + plan.ChunkPanels - 1) / plan.ChunkPanels);

        // Rows that lie a multiple of a page apart fall on the same cache sets; such operands are always packed.
        plan.DirectA = plan.N <= 12 * L.Count && plan.K <= 1024 && plan.Lda * sizeof(T) % 4096 != 0;
        plan.DirectB = !plan.TransposeB && (plan.M <= L.MaxRows || plan.K * plan.Ldb * sizeof(T) <= LargestDirectB);
        plan.Stamp = plan.DirectA ? 0 : GemmScratch.NextStamp();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Piece(ref GemmPlan<T> plan, int piece)
    {
        int panels = (plan.N + Panel - 1) / Panel;
        int chunks = (panels + plan.ChunkPanels - 1) / plan.ChunkPanels;
        int block = piece / chunks;
        int firstPanel = piece % chunks * plan.ChunkPanels;
        int endPanel = Math.Min(panels, firstPanel + plan.ChunkPanels);
        int firstRow = Part(plan.M, plan.RowBlocks, block);
        int rows = Part(plan.M, plan.RowBlocks, block + 1) - firstRow;
        GemmScratch scratch = GemmScratch.Current;

        for (int pass = 0; pass < plan.KBlocks; pass++)
        {
            int firstK = Part(plan.K, plan.KBlocks, pass);
            int passK = Part(plan.K, plan.KBlocks, pass + 1) - firstK;
            T* packedA = null;
            if (!plan.DirectA)
            {
                int packedFirst = plan.PackedK == plan.K ? 0 : firstK;
                int packedK = plan.PackedK == plan.K ? plan.K : passK;
                packedA = (T*)scratch.A((nuint)(((nint)rows * packedK + L.Count) * sizeof(T)));
                if (scratch.Stamp != plan.Stamp || scratch.RowBlock != block || scratch.FirstK != packedFirst)
                    PackRows(ref plan, firstRow, rows, packedFirst, packedK, packedA);
                scratch.Stamp = plan.Stamp;
                scratch.RowBlock = block;
                scratch.FirstK = packedFirst;
            }
            for (int panel = firstPanel; panel < endPanel; panel += plan.GroupPanels)
                Group(ref plan, scratch, firstRow, rows, panel, Math.Min(endPanel, panel + plan.GroupPanels), endPanel, firstK, passK, packedA);
        }
    }

    /// <summary>Where part number <paramref name="index"/> of <paramref name="count"/> equal parts begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Part(int total, int count, int index) => count == 1 ? index * total : (int)((long)total * index / count);

    private static void PackRows(ref GemmPlan<T> plan, int firstRow, int rows, int firstK, int k, T* target)
    {
        int tiles = (rows + L.MaxRows - 1) / L.MaxRows;
        for (int tile = 0; tile < tiles; tile++)
        {
            int start = Part(rows, tiles, tile);
            int height = Part(rows, tiles, tile + 1) - start;
            nint row = firstRow + start;
            T* source = plan.TransposeA ? plan.A + firstK * plan.Lda + row : plan.A + row * plan.Lda + firstK;
            GemmPack<T, V, L>.A(plan.TransposeA, source, plan.Lda, plan.M - (int)row, height, k, target + (nint)start * k);
        }
    }

    /// <summary>
    /// Row tile after row tile over a few panels. B in its own order is packed by the first tile while it computes; a transposed B, and a
    /// panel that sticks out, beforehand. Meanwhile the tiles fetch the panels of the next group.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Group(
        ref GemmPlan<T> plan, GemmScratch scratch, int firstRow, int rows, int firstPanel, int endPanel, int lastPanel, int firstK, int k, T* packedA)
    {
        int nr = Panel;
        nint panelLength = (nint)k * nr;
        T* packedB = plan.DirectB ? null : (T*)scratch.B((nuint)((endPanel - firstPanel) * panelLength * sizeof(T)));
        if (!plan.DirectB)
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                int width = Math.Min(nr, plan.N - panel * nr);
                if (plan.TransposeB || width < nr)
                    GemmPack<T, V, L>.B(
                        plan.TransposeB, PanelSource(ref plan, panel, firstK), plan.Ldb, width, width <= L.Count ? L.Count : nr, k,
                        packedB + (panel - firstPanel) * panelLength);
            }

        TileArgs<T> args;
        args.K = k;
        args.Alpha = plan.Alpha;
        args.Accumulate = plan.Accumulate || firstK > 0;
        args.CStep = plan.Ldc;
        args.AheadStride = plan.Ldb;
        args.AheadSecond = plan.TransposeB || nr < 2 * TileArgs<T>.Line ? Pairs(ref plan) * plan.Ldb : TileArgs<T>.Line;
        args.AheadStep = plan.TransposeB ? TileArgs<T>.Line : TileArgs<T>.Line * plan.Ldb;
        bool strided = plan.DirectA && !plan.TransposeA;
        int tiles = (rows + L.MaxRows - 1) / L.MaxRows;
        int packedK = plan.PackedK == plan.K ? plan.K : k;
        int skippedK = plan.PackedK == plan.K ? firstK : 0;
        int groupPanels = endPanel - firstPanel;
        for (int tile = 0; tile < tiles; tile++)
        {
            int start = Part(rows, tiles, tile);
            int height = Part(rows, tiles, tile + 1) - start;
            nint row = firstRow + start;
            if (!plan.DirectA)
            {
                args.A = packedA + (nint)start * packedK + (nint)skippedK * height;
                args.AStep = height;
            }
            else
            {
                args.A = plan.TransposeA ? plan.A + firstK * plan.Lda + row : plan.A + row * plan.Lda + firstK;
                args.AStep = plan.Lda;
            }
            int firstPair = Part(Pairs(ref plan), tiles, tile);
            int pairs = Part(Pairs(ref plan), tiles, tile + 1) - firstPair;
            bool keeps = tile == 0 && tiles > 1 && !plan.DirectB && !plan.TransposeB;
            for (int panel = firstPanel; panel < endPanel; panel++)
            {
                int width = Math.Min(nr, plan.N - panel * nr);
                T* packed = packedB + (panel - firstPanel) * panelLength;
                bool here = plan.DirectB || keeps && width == nr;
                args.B = here ? PanelSource(ref plan, panel, firstK) : packed;
                args.BStep = here ? plan.Ldb : width <= L.Count ? L.Count : nr;
                args.Kept = packed;
                args.C = plan.C + row * plan.Ldc + panel * nr;
                args.LastColumns = width <= L.Count ? width : width - L.Count;
                args.AheadPairs = panel + groupPanels < lastPanel ? pairs : 0;
                args.Ahead = PanelSource(ref plan, panel + groupPanels, firstK) + firstPair * plan.Ldb;
                if (width <= L.Count) GemmDispatch<T, V, L>.Run<OneVector>(height, strided, &args);
                else if (width < nr) GemmDispatch<T, V, L>.Run<TwoVectorsMasked>(height, strided, &args);
                else if (keeps) GemmDispatch<T, V, L>.Run<TwoVectorsKept>(height, strided, &args);
                else GemmDispatch<T, V, L>.Run<TwoVectors>(height, strided, &args);
            }
        }
    }

    /// <summary>Pairs of cache lines of one panel in as many steps of k as a line has elements.</summary>
    private static int Pairs(ref GemmPlan<T> plan) =>
        plan.TransposeB ? L.Count : Panel >= 2 * TileArgs<T>.Line ? TileArgs<T>.Line : TileArgs<T>.Line / 2;

    private static T* PanelSource(ref GemmPlan<T> plan, int panel, int firstK) =>
        plan.TransposeB ? plan.B + (nint)panel * Panel * plan.Ldb + firstK : plan.B + firstK * plan.Ldb + (nint)panel * Panel;
}
