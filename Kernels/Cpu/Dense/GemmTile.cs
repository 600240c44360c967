using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>
/// C tile = alpha A B + D, Height rows by one or two vectors; D is C itself, a bias or zeros. Height, width and the layout of A are type arguments, so the compiler
/// folds every test below away and each combination becomes straight-line code with its accumulators in registers.
/// Every element is one chain over k in ascending order: results do not depend on how the output is cut into tiles.
/// </summary>
internal static unsafe class GemmTile<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<H, W, Strided>(TileArgs<T>* args)
        where H : struct, IConstant
        where W : struct, ITileWidth
        where Strided : struct, IConstant
    {
        T* a = args->A;
        T* b = args->B;
        T* kept = args->Kept;
        nint step = args->AStep, bStep = args->BStep;

        // Odd multiples of the row stride: with the address scales 1, 2, 4, 8 they reach all sixteen rows.
        nint s1 = Strided.Value == 1 ? step : 1;
        nint s3 = Strided.Value == 1 ? 3 * step : 3;
        nint s5 = Strided.Value == 1 ? 5 * step : 5;
        nint s7 = Strided.Value == 1 ? 7 * step : 7;
        nint s9 = Strided.Value == 1 ? 9 * step : 9;
        nint s11 = Strided.Value == 1 ? 11 * step : 11;
        nint s13 = Strided.Value == 1 ? 13 * step : 13;
        nint s15 = Strided.Value == 1 ? 15 * step : 15;
        nint aStep = Strided.Value == 1 ? 1 : step;
        V mask = W.Masked ? L.Mask(args->LastColumns) : default;

        V c00 = default, c10 = default, c20 = default, c30 = default, c40 = default, c50 = default, c60 = default;
        V c70 = default, c80 = default, c90 = default, c100 = default, c110 = default, c120 = default, c130 = default, c140 = default, c150 = default;
        V c01 = default, c11 = default, c21 = default, c31 = default, c41 = default, c51 = default, c61 = default;
        V c71 = default, c81 = default, c91 = default, c101 = default, c111 = default, c121 = default, c131 = default, c141 = default, c151 = default;
        T* ahead = args->Ahead;
        nint bAhead = args->BAhead, aAhead = args->AAhead;
        T* line = args->C;
        int rowsAtOnce = args->CRowsAhead, rowsLeft = H.Value;
        for (int left = args->K; left > 0;)
        {
            int run = Math.Min(left, TileArgs<T>.Line);
            left -= run;
            if (Sse.IsSupported)
            {
                T* pairOfLines = ahead;
                for (int pair = args->AheadPairs; pair > 0; pair--, pairOfLines += args->AheadStride)
                {
                    Sse.Prefetch1(pairOfLines);
                    Sse.Prefetch1(pairOfLines + args->AheadSecond);
                }
                ahead += args->AheadStep;
                if (Strided.Value == 1 && aAhead > 0)
                {
                    T* lineA = a + aAhead;
                    for (int row = 0; row < H.Value; row++, lineA += step) Sse.Prefetch0(lineA);
                }

                // The rows of C just in time for the end: sooner, and what is read meanwhile would push them out again.
                if (left <= args->CAheadFrom)
                    for (int row = Math.Min(rowsAtOnce, rowsLeft); row > 0; row--, rowsLeft--, line += args->CStep)
                    {
                        Sse.Prefetch0(line);
                        if (W.Two && L.Count >= TileArgs<T>.Line) Sse.Prefetch0(line + L.Count);
                    }
            }
            do
            {
                V b0 = !W.Two && W.Masked ? L.LoadPart(b, mask) : L.Load(b);
                if (Sse.IsSupported)
                {
                    if (Strided.Value == 0) Sse.Prefetch0(a + aAhead);
                    Sse.Prefetch0(b + bAhead);
                    if (W.Two && L.Count >= TileArgs<T>.Line) Sse.Prefetch0(b + bAhead + L.Count);
                }
                V b1 = !W.Two ? default : W.Masked ? L.LoadPart(b + L.Count, mask) : L.Load(b + L.Count);
                if (W.Keeps)
                {
                    L.Store(kept, b0);
                    L.Store(kept + L.Count, b1);
                    kept += 2 * L.Count;
                }
                Row<W>(*a, b0, b1, ref c00, ref c01);
                if (H.Value > 1) Row<W>(a[s1], b0, b1, ref c10, ref c11);
                if (H.Value > 2) Row<W>(a[2 * s1], b0, b1, ref c20, ref c21);
                if (H.Value > 3) Row<W>(a[s3], b0, b1, ref c30, ref c31);
                if (H.Value > 4) Row<W>(a[4 * s1], b0, b1, ref c40, ref c41);
                if (H.Value > 5) Row<W>(a[s5], b0, b1, ref c50, ref c51);
                if (H.Value > 6) Row<W>(a[2 * s3], b0, b1, ref c60, ref c61);
                if (H.Value > 7) Row<W>(a[s7], b0, b1, ref c70, ref c71);
                if (H.Value > 8) Row<W>(a[8 * s1], b0, b1, ref c80, ref c81);
                if (H.Value > 9) Row<W>(a[s9], b0, b1, ref c90, ref c91);
                if (H.Value > 10) Row<W>(a[2 * s5], b0, b1, ref c100, ref c101);
                if (H.Value > 11) Row<W>(a[s11], b0, b1, ref c110, ref c111);
                if (H.Value > 12) Row<W>(a[4 * s3], b0, b1, ref c120, ref c121);
                if (H.Value > 13) Row<W>(a[s13], b0, b1, ref c130, ref c131);
                if (H.Value > 14) Row<W>(a[2 * s7], b0, b1, ref c140, ref c141);
                if (H.Value > 15) Row<W>(a[s15], b0, b1, ref c150, ref c151);
                a += aStep;
                b += bStep;
            }
            while (--run > 0);
        }

        T* c = args->C;
        nint cStep = args->CStep;
        V alpha = L.Broadcast(args->Alpha);
        T* d = args->Add;
        nint dStep = args->AddStep;
        Out<W>(c, d, alpha, mask, c00, c01);
        if (H.Value > 1) Out<W>(c + cStep, d + dStep, alpha, mask, c10, c11);
        if (H.Value > 2) Out<W>(c + 2 * cStep, d + 2 * dStep, alpha, mask, c20, c21);
        if (H.Value > 3) Out<W>(c + 3 * cStep, d + 3 * dStep, alpha, mask, c30, c31);
        if (H.Value > 4) Out<W>(c + 4 * cStep, d + 4 * dStep, alpha, mask, c40, c41);
        if (H.Value > 5) Out<W>(c + 5 * cStep, d + 5 * dStep, alpha, mask, c50, c51);
        if (H.Value > 6) Out<W>(c + 6 * cStep, d + 6 * dStep, alpha, mask, c60, c61);
        if (H.Value > 7) Out<W>(c + 7 * cStep, d + 7 * dStep, alpha, mask, c70, c71);
        if (H.Value > 8) Out<W>(c + 8 * cStep, d + 8 * dStep, alpha, mask, c80, c81);
        if (H.Value > 9) Out<W>(c + 9 * cStep, d + 9 * dStep, alpha, mask, c90, c91);
        if (H.Value > 10) Out<W>(c + 10 * cStep, d + 10 * dStep, alpha, mask, c100, c101);
        if (H.Value > 11) Out<W>(c + 11 * cStep, d + 11 * dStep, alpha, mask, c110, c111);
        if (H.Value > 12) Out<W>(c + 12 * cStep, d + 12 * dStep, alpha, mask, c120, c121);
        if (H.Value > 13) Out<W>(c + 13 * cStep, d + 13 * dStep, alpha, mask, c130, c131);
        if (H.Value > 14) Out<W>(c + 14 * cStep, d + 14 * dStep, alpha, mask, c140, c141);
        if (H.Value > 15) Out<W>(c + 15 * cStep, d + 15 * dStep, alpha, mask, c150, c151);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<W>(T a, V b0, V b1, ref V c0, ref V c1)
        where W : struct, ITileWidth
    {
        V x = L.Broadcast(a);
        c0 = L.MultiplyAdd(x, b0, c0);
        if (W.Two) c1 = L.MultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Out<W>(T* c, T* d, V alpha, V mask, V c0, V c1)
        where W : struct, ITileWidth
    {
        if (!W.Two)
        {
            L.StorePart(c, mask, L.MultiplyAdd(c0, alpha, L.LoadPart(d, mask)));
            return;
        }
        L.Store(c, L.MultiplyAdd(c0, alpha, L.Load(d)));
        if (W.Masked) L.StorePart(c + L.Count, mask, L.MultiplyAdd(c1, alpha, L.LoadPart(d + L.Count, mask)));
        else L.Store(c + L.Count, L.MultiplyAdd(c1, alpha, L.Load(d + L.Count)));
    }
}
