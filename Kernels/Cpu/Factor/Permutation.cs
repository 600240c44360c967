namespace NativeFlow.Kernels;

/// <summary>The exchanges of a factorisation, done to the columns of another matrix.</summary>
internal static unsafe class Permutation
{
    /// <summary>In every row, element i is exchanged with element pivots[i], for i ascending or descending. The exchanges are composed once; a row is then one gather.</summary>
    public static void Columns<T>(ReadOnlySpan<int> pivots, int n, bool descending, T* a, int rows, nint lda)
        where T : unmanaged
    {
        byte* scratch = ThreadScratch.Get<byte>((nint)n * (sizeof(int) + sizeof(T)));
        T* row = (T*)scratch;
        int* from = (int*)(row + n);
        for (int i = 0; i < n; i++) from[i] = i;
        for (int step = 0; step < n; step++)
        {
            int i = descending ? n - 1 - step : step;
            (from[i], from[pivots[i]]) = (from[pivots[i]], from[i]);
        }

        for (int r = 0; r < rows; r++)
        {
            T* target = a + r * lda;
            new Span<T>(target, n).CopyTo(new Span<T>(row, n));
            for (int i = 0; i < n; i++) target[i] = row[from[i]];
        }
    }
}
