using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Chooses the tile compiled for a height, a width and a layout of A.</summary>
internal static unsafe class GemmDispatch<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    public static void Run(int rows, bool two, bool strided, TileArgs<T>* args)
    {
        if (two)
        {
            if (strided) Run<Const1, Const1>(rows, args);
            else Run<Const1, Const0>(rows, args);
        }
        else
        {
            if (strided) Run<Const0, Const1>(rows, args);
            else Run<Const0, Const0>(rows, args);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<Two, Strided>(int rows, TileArgs<T>* args)
        where Two : struct, IConstant
        where Strided : struct, IConstant
    {
        switch (rows)
        {
            case 1: GemmTile<T, V, L>.Run<Const1, Two, Strided>(args); return;
            case 2: GemmTile<T, V, L>.Run<Const2, Two, Strided>(args); return;
            case 3: GemmTile<T, V, L>.Run<Const3, Two, Strided>(args); return;
            case 4: GemmTile<T, V, L>.Run<Const4, Two, Strided>(args); return;
        }
        if (L.MaxRows > 4)
        {
            switch (rows)
            {
                case 5: GemmTile<T, V, L>.Run<Const5, Two, Strided>(args); return;
                case 6: GemmTile<T, V, L>.Run<Const6, Two, Strided>(args); return;
            }
        }
        if (L.MaxRows > 6)
        {
            switch (rows)
            {
                case 7: GemmTile<T, V, L>.Run<Const7, Two, Strided>(args); return;
                case 8: GemmTile<T, V, L>.Run<Const8, Two, Strided>(args); return;
                case 9: GemmTile<T, V, L>.Run<Const9, Two, Strided>(args); return;
                case 10: GemmTile<T, V, L>.Run<Const10, Two, Strided>(args); return;
                case 11: GemmTile<T, V, L>.Run<Const11, Two, Strided>(args); return;
                case 12: GemmTile<T, V, L>.Run<Const12, Two, Strided>(args); return;
                case 13: GemmTile<T, V, L>.Run<Const13, Two, Strided>(args); return;
                case 14: GemmTile<T, V, L>.Run<Const14, Two, Strided>(args); return;
            }
        }
        throw new InvalidOperationException($"Gemm: no tile of {rows} rows; tiles have 1 to {L.MaxRows}.");
    }
}
