using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// A tile of a weight gradient in registers: Height output channels by Width taps, each a vector of sums over pixels and batch rows, whose elements
/// are added up at the very end.
/// </summary>
internal static unsafe class ConvGradientTile<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<H, W>(ConvGradientArgs<T>* args)
        where H : struct, IConstant
        where W : struct, IConstant
    {
        V c00 = default, c01 = default, c02 = default, c03 = default;
        V c10 = default, c11 = default, c12 = default, c13 = default;
        V c20 = default, c21 = default, c22 = default, c23 = default;
        V c30 = default, c31 = default, c32 = default, c33 = default;
        nint xStep = args->XStep, zPlane = args->ZPlane;
        T* sums = args->Sums;
        nint step = args->SumStep;
        In<W>(sums, step, ref c00, ref c01, ref c02, ref c03);
        if (H.Value > 1) In<W>(sums + args->SumPlane, step, ref c10, ref c11, ref c12, ref c13);
        if (H.Value > 2) In<W>(sums + 2 * args->SumPlane, step, ref c20, ref c21, ref c22, ref c23);
        if (H.Value > 3) In<W>(sums + 3 * args->SumPlane, step, ref c30, ref c31, ref c32, ref c33);

        T* dz = args->Dz;
        for (int row = 0; row < args->RowCount; row++, dz += args->ZRow)
        {
            T* x = args->X + args->XRows[row], z = dz;
            for (int left = args->Vectors; left > 0; left--)
            {
                V x0 = L.Load(x);
                V x1 = W.Value > 1 ? L.Load(x + xStep) : default;
                V x2 = W.Value > 2 ? L.Load(x + 2 * xStep) : default;
                V x3 = W.Value > 3 ? L.Load(x + 3 * xStep) : default;
                Row<W>(L.Load(z), x0, x1, x2, x3, ref c00, ref c01, ref c02, ref c03);
                if (H.Value > 1) Row<W>(L.Load(z + zPlane), x0, x1, x2, x3, ref c10, ref c11, ref c12, ref c13);
                if (H.Value > 2) Row<W>(L.Load(z + 2 * zPlane), x0, x1, x2, x3, ref c20, ref c21, ref c22, ref c23);
                if (H.Value > 3) Row<W>(L.Load(z + 3 * zPlane), x0, x1, x2, x3, ref c30, ref c31, ref c32, ref c33);
                x += L.Count;
                z += L.Count;
            }
        }

        Out<W>(sums, step, c00, c01, c02, c03);
        if (H.Value > 1) Out<W>(sums + args->SumPlane, step, c10, c11, c12, c13);
        if (H.Value > 2) Out<W>(sums + 2 * args->SumPlane, step, c20, c21, c22, c23);
        if (H.Value > 3) Out<W>(sums + 3 * args->SumPlane, step, c30, c31, c32, c33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<W>(V z, V x0, V x1, V x2, V x3, ref V c0, ref V c1, ref V c2, ref V c3)
        where W : struct, IConstant
    {
        c0 = L.MultiplyAdd(z, x0, c0);
        if (W.Value > 1) c1 = L.MultiplyAdd(z, x1, c1);
        if (W.Value > 2) c2 = L.MultiplyAdd(z, x2, c2);
        if (W.Value > 3) c3 = L.MultiplyAdd(z, x3, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void In<W>(T* sums, nint step, ref V c0, ref V c1, ref V c2, ref V c3)
        where W : struct, IConstant
    {
        c0 = L.Load(sums);
        if (W.Value > 1) c1 = L.Load(sums + step);
        if (W.Value > 2) c2 = L.Load(sums + 2 * step);
        if (W.Value > 3) c3 = L.Load(sums + 3 * step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Out<W>(T* sums, nint step, V c0, V c1, V c2, V c3)
        where W : struct, IConstant
    {
        L.Store(sums, c0);
        if (W.Value > 1) L.Store(sums + step, c1);
        if (W.Value > 2) L.Store(sums + 2 * step, c2);
        if (W.Value > 3) L.Store(sums + 3 * step, c3);
    }
}
