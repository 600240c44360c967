using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Chooses the tile compiled for a height, a width and a layout of A.</summary>
internal static unsafe class GemmDispatch<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<W>(int rows, bool strided, TileArgs<T>* args)
        where W : struct, ITileWidth
    {
        if (strided) Run<W, Const1>(rows, args);
        else Run<W, Const0>(rows, args);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<W, Strided>(int rows, TileArgs<T>* args)
        where W : struct, ITileWidth
        where Strided : struct, IConstant
    {
        switch (rows)
        {
            case 1: GemmTile<T, V, L>.Run<Const1, W, Strided>(args); return;
            case 2: GemmTile<T, V, L>.Run<Const2, W, Strided>(args); return;
            case 3: GemmTile<T, V, L>.Run<Const3, W, Strided>(args); return;
            case 4: GemmTile<T, V, L>.Run<Const4, W, Strided>(args); return;
        }
        if (L.MaxRows > 4)
        {
            switch (rows)
            {
                case 5: GemmTile<T, V, L>.Run<Const5, W, Strided>(args); return;
                case 6: GemmTile<T, V, L>.Run<Const6, W, Strided>(args); return;
            }
        }
        if (L.MaxRows > 6)
        {
            switch (rows)
            {
                case 7: GemmTile<T, V, L>.Run<Const7, W, Strided>(args); return;
                case 8: GemmTile<T, V, L>.Run<Const8, W, Strided>(args); return;
                case 9: GemmTile<T, V, L>.Run<Const9, W, Strided>(args); return;
                case 10: GemmTile<T, V, L>.Run<Const10, W, Strided>(args); return;
                case 11: GemmTile<T, V, L>.Run<Const11, W, Strided>(args); return;
                case 12: GemmTile<T, V, L>.Run<Const12, W, Strided>(args); return;
                case 13: GemmTile<T, V, L>.Run<Const13, W, Strided>(args); return;
                case 14: GemmTile<T, V, L>.Run<Const14, W, Strided>(args); return;
            }
            if (!W.Two)
            {
                switch (rows)
                {
                    case 15: GemmTile<T, V, L>.Run<Const15, W, Strided>(args); return;
                    case 16: GemmTile<T, V, L>.Run<Const16, W, Strided>(args); return;
                }
            }
        }
        throw new InvalidOperationException($"Gemm: no tile of {rows} rows; tiles have 1 to {L.MaxRows}.");
    }
}
