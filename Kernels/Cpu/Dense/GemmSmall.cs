using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Products so small that everything stays in the nearest caches: operands are read where they lie, and nothing is planned. Only a
/// transposed B is packed, one panel at a time.
/// </summary>
internal static unsafe class GemmSmall<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    /// <summary>Largest m n k, and largest k, of such a product.</summary>
    private const long MostProducts = 260 * 260 * 260;

    private const int LongestK = 256;

    /// <summary>Tallest tile of one vector a row.</summary>
    private static int MostRowsOfOneVector
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.MaxRows > 6 ? 16 : L.MaxRows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Fits(bool transposeA, int m, int n, int k, nint lda, nint ldb) =>
        k <= LongestK && (long)m * n * k <= MostProducts && (transposeA || lda * sizeof(T) % 4096 != 0) && ldb * sizeof(T) % 4096 != 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        bool transposeA, bool transposeB, int m, int n, int k, T alpha, T* a, nint lda, T* b, nint ldb, bool accumulate, T* c, nint ldc, T* bias)
    {
        int nr = 2 * L.Count;
        TileArgs<T> args = default;
        args.AStep = lda;
        args.BStep = ldb;
        args.CStep = ldc;
        if (transposeA) args.AAhead = TileArgs<T>.StepsAhead * lda;
        if (!transposeB) args.BAhead = TileArgs<T>.StepsAhead * ldb;
        args.K = k;
        args.Alpha = alpha;
        T* zeros = (T*)GemmZeros.Row;
        args.AddStep = accumulate ? ldc : 0;
        T* packed = transposeB ? (T*)GemmScratch.Current.B((nuint)(k * nr * sizeof(T))) : null;
        int most = n <= L.Count ? MostRowsOfOneVector : L.MaxRows;
        int tiles = m <= most ? 1 : (m + most - 1) / most;
        int height = tiles == 1 ? m : m / tiles, taller = m - height * tiles;
        for (int column = 0; column < n; column += nr)
        {
            int width = Math.Min(nr, n - column);
            args.B = b + column;
            args.Add = accumulate ? c + column : bias is not null ? bias + column : zeros;
            args.LastColumns = width <= L.Count ? width : width - L.Count;
            if (transposeB)
            {
                args.B = packed;
                args.BStep = width <= L.Count ? L.Count : nr;
                GemmPack<T, V, L>.B(true, b + column * ldb, ldb, width, (int)args.BStep, k, packed);
            }
            args.A = a;
            args.C = c + column;
            for (int tile = 0; tile < tiles; tile++)
            {
                int rows = tile < taller ? height + 1 : height;
                if (width <= L.Count) GemmDispatch<T, V, L>.Run<OneVector>(rows, !transposeA, &args);
                else if (width < nr) GemmDispatch<T, V, L>.Run<TwoVectorsMasked>(rows, !transposeA, &args);
                else GemmDispatch<T, V, L>.Run<TwoVectors>(rows, !transposeA, &args);
                args.A += transposeA ? rows : rows * lda;
                args.C += rows * ldc;
                args.Add += rows * args.AddStep;
            }
        }
    }
}
