using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>What a tile adds to its product when there is nothing to add; two of the widest vectors, for as long as the process lives.</summary>
internal static unsafe class GemmZeros
{
    public static readonly void* Row = Make();

    private static void* Make()
    {
        const int bytes = 128;
        void* row = NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(row, bytes);
        return row;
    }
}
