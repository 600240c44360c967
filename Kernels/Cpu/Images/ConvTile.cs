using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// A tile of a convolution in registers: Height output channels by Width vectors of neighbouring pixels and batch rows. Both are type arguments, so
/// the compiler folds every test below away. Each element is one chain over (channel, kernel row, kernel column): results do not depend on how the output is cut.
/// </summary>
internal static unsafe class ConvTile<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<H, W>(ConvTileArgs<T>* args)
        where H : struct, IConstant
        where W : struct, IConstant
    {
        T* bias = args->Bias;
        V s0 = bias == null ? default : L.Broadcast(bias[0]);
        V s1 = H.Value > 1 && bias != null ? L.Broadcast(bias[1]) : default;
        V s2 = H.Value > 2 && bias != null ? L.Broadcast(bias[2]) : default;
        V s3 = H.Value > 3 && bias != null ? L.Broadcast(bias[3]) : default;
        V c00 = s0, c01 = s0, c02 = s0, c03 = s0, c04 = s0, c05 = s0, c06 = s0, c07 = s0;
        V c10 = s1, c11 = s1, c12 = s1, c13 = s1, c14 = s1, c15 = s1, c16 = s1, c17 = s1;
        V c20 = s2, c21 = s2, c22 = s2, c23 = s2, c24 = s2, c25 = s2, c26 = s2, c27 = s2;
        V c30 = s3, c31 = s3, c32 = s3, c33 = s3, c34 = s3, c35 = s3, c36 = s3, c37 = s3;
        T* plane = args->X, planeWeights = args->W;
        nint step = args->XStep;
        for (int channel = args->Channels; channel > 0; channel--, plane += args->XPlane, planeWeights += args->WPlane)
        {
            T* w = planeWeights;
            for (int row = 0; row < args->RowCount; row++)
            {
                T* x = plane + args->Rows[row];
                for (int tap = args->Run; tap > 0; tap--)
                {
                    V w0 = L.Broadcast(w[0]);
                    V w1 = H.Value > 1 ? L.Broadcast(w[1]) : default;
                    V w2 = H.Value > 2 ? L.Broadcast(w[2]) : default;
                    V w3 = H.Value > 3 ? L.Broadcast(w[3]) : default;
                    Column<H>(L.Load(x), w0, w1, w2, w3, ref c00, ref c10, ref c20, ref c30);
                    if (W.Value > 1) Column<H>(L.Load(x + L.Count), w0, w1, w2, w3, ref c01, ref c11, ref c21, ref c31);
                    if (W.Value > 2) Column<H>(L.Load(x + 2 * L.Count), w0, w1, w2, w3, ref c02, ref c12, ref c22, ref c32);
                    if (W.Value > 3) Column<H>(L.Load(x + 3 * L.Count), w0, w1, w2, w3, ref c03, ref c13, ref c23, ref c33);
                    if (W.Value > 4) Column<H>(L.Load(x + 4 * L.Count), w0, w1, w2, w3, ref c04, ref c14, ref c24, ref c34);
                    if (W.Value > 5) Column<H>(L.Load(x + 5 * L.Count), w0, w1, w2, w3, ref c05, ref c15, ref c25, ref c35);
                    if (W.Value > 6) Column<H>(L.Load(x + 6 * L.Count), w0, w1, w2, w3, ref c06, ref c16, ref c26, ref c36);
                    if (W.Value > 7) Column<H>(L.Load(x + 7 * L.Count), w0, w1, w2, w3, ref c07, ref c17, ref c27, ref c37);
                    x += step;
                    w += H.Value;
                }
            }
        }

        T* z = args->Z;
        nint next = args->ZPlane;
        Out<W>(z, c00, c01, c02, c03, c04, c05, c06, c07);
        if (H.Value > 1) Out<W>(z + next, c10, c11, c12, c13, c14, c15, c16, c17);
        if (H.Value > 2) Out<W>(z + 2 * next, c20, c21, c22, c23, c24, c25, c26, c27);
        if (H.Value > 3) Out<W>(z + 3 * next, c30, c31, c32, c33, c34, c35, c36, c37);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<H>(V x, V w0, V w1, V w2, V w3, ref V c0, ref V c1, ref V c2, ref V c3)
        where H : struct, IConstant
    {
        c0 = L.MultiplyAdd(w0, x, c0);
        if (H.Value > 1) c1 = L.MultiplyAdd(w1, x, c1);
        if (H.Value > 2) c2 = L.MultiplyAdd(w2, x, c2);
        if (H.Value > 3) c3 = L.MultiplyAdd(w3, x, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Out<W>(T* z, V c0, V c1, V c2, V c3, V c4, V c5, V c6, V c7)
        where W : struct, IConstant
    {
        L.Store(z, c0);
        if (W.Value > 1) L.Store(z + L.Count, c1);
        if (W.Value > 2) L.Store(z + 2 * L.Count, c2);
        if (W.Value > 3) L.Store(z + 3 * L.Count, c3);
        if (W.Value > 4) L.Store(z + 4 * L.Count, c4);
        if (W.Value > 5) L.Store(z + 5 * L.Count, c5);
        if (W.Value > 6) L.Store(z + 6 * L.Count, c6);
        if (W.Value > 7) L.Store(z + 7 * L.Count, c7);
    }
}
