namespace NativeFlow.Tests;

/// <summary>mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32, by the PTX manual's tables of fragments. Operands are cut to tf32 by dropping the lowest 13 bits, as a machine does that is given more.</summary>
internal static class PtxTensor
{
    /// <summary>Operands d0..d3, a0..a3, b0, b1, c0..c3 of 32 threads.</summary>
    public static void MultiplyAdd(ReadOnlySpan<PtxThread> warp, ReadOnlySpan<int> o)
    {
        Span<float> a = stackalloc float[16 * 8], b = stackalloc float[8 * 8], c = stackalloc float[16 * 8];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4, t = lane % 4;
            a[(g * 8) + t] = Cut(warp[lane], o[4]);
            a[((g + 8) * 8) + t] = Cut(warp[lane], o[5]);
            a[(g * 8) + t + 4] = Cut(warp[lane], o[6]);
            a[((g + 8) * 8) + t + 4] = Cut(warp[lane], o[7]);
            b[(t * 8) + g] = Cut(warp[lane], o[8]);
            b[((t + 4) * 8) + g] = Cut(warp[lane], o[9]);
            for (int i = 0; i < 4; i++) c[((g + (i / 2 * 8)) * 8) + (2 * t) + (i % 2)] = warp[lane].F(o[10 + i]);
        }
        for (int lane = 0; lane < 32; lane++)
            for (int i = 0; i < 4; i++)
            {
                int row = (lane / 4) + (i / 2 * 8), col = (2 * (lane % 4)) + (i % 2);
                float sum = c[(row * 8) + col];
                for (int k = 0; k < 8; k++) sum += a[(row * 8) + k] * b[(k * 8) + col];
                warp[lane].Set(o[i], sum);
            }
    }

    private static float Cut(PtxThread thread, int slot) => BitConverter.UInt32BitsToSingle(thread.U(slot) & 0xFFFFE000u);
}
