using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>Operands of one register tile. Steps are in elements.</summary>
internal unsafe struct TileArgs<T>
    where T : unmanaged
{
    public T* A;

    /// <summary>Packed or transposed A: distance from one k to the next. Strided A: distance from one row to the next.</summary>
    public nint AStep;

    public T* B;
    public nint BStep;
    public T* C;
    public nint CStep;
    public int K;
    public T Alpha;
    public bool Accumulate;

    /// <summary>Memory the next tiles will read, touched along with the k loop.</summary>
    public T* Prefetch;

    public nint PrefetchStep;
}

/// <summary>
/// C tile = alpha A B (or +=), Height rows by one or two vectors. Height, width and the layout of A are type arguments, so the compiler
/// folds every test below away and each combination becomes straight-line code with its accumulators in registers.
/// Every element is one chain over k in ascending order: results do not depend on how the output is cut into tiles.
/// </summary>
internal static unsafe class GemmTile<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<H, Two, Strided>(TileArgs<T>* args)
        where H : struct, IConstant
        where Two : struct, IConstant
        where Strided : struct, IConstant
    {
        T* a = args->A;
        T* b = args->B;
        T* c = args->C;
        nint step = args->AStep, bStep = args->BStep, cStep = args->CStep;

        // Odd multiples of the row stride: with the address scales 1, 2, 4, 8 they reach all fourteen rows.
        nint s1 = Strided.Value == 1 ? step : 1;
        nint s3 = Strided.Value == 1 ? 3 * step : 3;
        nint s5 = Strided.Value == 1 ? 5 * step : 5;
        nint s7 = Strided.Value == 1 ? 7 * step : 7;
        nint s9 = Strided.Value == 1 ? 9 * step : 9;
        nint s11 = Strided.Value == 1 ? 11 * step : 11;
        nint s13 = Strided.Value == 1 ? 13 * step : 13;
        nint aStep = Strided.Value == 1 ? 1 : step;

        if (Sse.IsSupported)
        {
            T* line = c;
            for (int row = 0; row < H.Value; row++, line += cStep)
            {
                Sse.Prefetch0(line);
                if (Two.Value == 1) Sse.Prefetch0(line + L.Count);
            }
        }

        V c00 = default, c10 = default, c20 = default, c30 = default, c40 = default, c50 = default, c60 = default;
        V c70 = default, c80 = default, c90 = default, c100 = default, c110 = default, c120 = default, c130 = default;
        V c01 = default, c11 = default, c21 = default, c31 = default, c41 = default, c51 = default, c61 = default;
        V c71 = default, c81 = default, c91 = default, c101 = default, c111 = default, c121 = default, c131 = default;
        T* next = args->Prefetch;
        nint nextStep = args->PrefetchStep;
        for (int p = args->K; p > 0; p--)
        {
            V b0 = L.Load(b);
            V b1 = Two.Value == 1 ? L.Load(b + L.Count) : default;
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(next);
                if (Two.Value == 1) Sse.Prefetch0(next + L.Count);
            }
            Row<Two>(*a, b0, b1, ref c00, ref c01);
            if (H.Value > 1) Row<Two>(a[s1], b0, b1, ref c10, ref c11);
            if (H.Value > 2) Row<Two>(a[2 * s1], b0, b1, ref c20, ref c21);
            if (H.Value > 3) Row<Two>(a[s3], b0, b1, ref c30, ref c31);
            if (H.Value > 4) Row<Two>(a[4 * s1], b0, b1, ref c40, ref c41);
            if (H.Value > 5) Row<Two>(a[s5], b0, b1, ref c50, ref c51);
            if (H.Value > 6) Row<Two>(a[2 * s3], b0, b1, ref c60, ref c61);
            if (H.Value > 7) Row<Two>(a[s7], b0, b1, ref c70, ref c71);
            if (H.Value > 8) Row<Two>(a[8 * s1], b0, b1, ref c80, ref c81);
            if (H.Value > 9) Row<Two>(a[s9], b0, b1, ref c90, ref c91);
            if (H.Value > 10) Row<Two>(a[2 * s5], b0, b1, ref c100, ref c101);
            if (H.Value > 11) Row<Two>(a[s11], b0, b1, ref c110, ref c111);
            if (H.Value > 12) Row<Two>(a[4 * s3], b0, b1, ref c120, ref c121);
            if (H.Value > 13) Row<Two>(a[s13], b0, b1, ref c130, ref c131);
            a += aStep;
            b += bStep;
            next += nextStep;
        }

        V alpha = L.Broadcast(args->Alpha);
        if (args->Accumulate)
        {
            Add<Two>(c, alpha, c00, c01);
            if (H.Value > 1) Add<Two>(c + cStep, alpha, c10, c11);
            if (H.Value > 2) Add<Two>(c + 2 * cStep, alpha, c20, c21);
            if (H.Value > 3) Add<Two>(c + 3 * cStep, alpha, c30, c31);
            if (H.Value > 4) Add<Two>(c + 4 * cStep, alpha, c40, c41);
            if (H.Value > 5) Add<Two>(c + 5 * cStep, alpha, c50, c51);
            if (H.Value > 6) Add<Two>(c + 6 * cStep, alpha, c60, c61);
            if (H.Value > 7) Add<Two>(c + 7 * cStep, alpha, c70, c71);
            if (H.Value > 8) Add<Two>(c + 8 * cStep, alpha, c80, c81);
            if (H.Value > 9) Add<Two>(c + 9 * cStep, alpha, c90, c91);
            if (H.Value > 10) Add<Two>(c + 10 * cStep, alpha, c100, c101);
            if (H.Value > 11) Add<Two>(c + 11 * cStep, alpha, c110, c111);
            if (H.Value > 12) Add<Two>(c + 12 * cStep, alpha, c120, c121);
            if (H.Value > 13) Add<Two>(c + 13 * cStep, alpha, c130, c131);
        }
        else
        {
            Set<Two>(c, alpha, c00, c01);
            if (H.Value > 1) Set<Two>(c + cStep, alpha, c10, c11);
            if (H.Value > 2) Set<Two>(c + 2 * cStep, alpha, c20, c21);
            if (H.Value > 3) Set<Two>(c + 3 * cStep, alpha, c30, c31);
            if (H.Value > 4) Set<Two>(c + 4 * cStep, alpha, c40, c41);
            if (H.Value > 5) Set<Two>(c + 5 * cStep, alpha, c50, c51);
            if (H.Value > 6) Set<Two>(c + 6 * cStep, alpha, c60, c61);
            if (H.Value > 7) Set<Two>(c + 7 * cStep, alpha, c70, c71);
            if (H.Value > 8) Set<Two>(c + 8 * cStep, alpha, c80, c81);
            if (H.Value > 9) Set<Two>(c + 9 * cStep, alpha, c90, c91);
            if (H.Value > 10) Set<Two>(c + 10 * cStep, alpha, c100, c101);
            if (H.Value > 11) Set<Two>(c + 11 * cStep, alpha, c110, c111);
            if (H.Value > 12) Set<Two>(c + 12 * cStep, alpha, c120, c121);
            if (H.Value > 13) Set<Two>(c + 13 * cStep, alpha, c130, c131);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<Two>(T a, V b0, V b1, ref V c0, ref V c1)
        where Two : struct, IConstant
    {
        V x = L.Broadcast(a);
        c0 = L.MultiplyAdd(x, b0, c0);
        if (Two.Value == 1) c1 = L.MultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set<Two>(T* c, V alpha, V c0, V c1)
        where Two : struct, IConstant
    {
        L.Store(c, L.Multiply(alpha, c0));
        if (Two.Value == 1) L.Store(c + L.Count, L.Multiply(alpha, c1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<Two>(T* c, V alpha, V c0, V c1)
        where Two : struct, IConstant
    {
        L.Store(c, L.MultiplyAdd(alpha, c0, L.Load(c)));
        if (Two.Value == 1) L.Store(c + L.Count, L.MultiplyAdd(alpha, c1, L.Load(c + L.Count)));
    }
}
