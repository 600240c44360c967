namespace NativeFlow.Kernels.Gpu;

/// <summary>The matrix instruction of the emulator: gathers the operands of a warp, multiplies, spreads the result.</summary>
internal sealed class EmulatedTensor(int items)
{
    // The instruction does not look at the last 13 bits of an operand.
    private const int Seen = ~0x1FFF;

    private readonly Operands[] _items = new Operands[items];

    /// <summary>What item <paramref name="item"/> brings.</summary>
    public void Put(int item, Quad<float> a, float b0, float b1, Quad<float> c) => _items[item] = new(a, b0, b1, c);

    /// <summary>What item <paramref name="item"/> gets.</summary>
    public Quad<float> Take(int item) => _items[item].C;

    /// <summary>c + a b of the warp whose first item is <paramref name="first"/>.</summary>
    public void Multiply(int first)
    {
        Span<Operands> warp = _items.AsSpan(first, 32);
        for (int item = 0; item < 32; item++)
        {
            int row = item / 4, column = item % 4 * 2;
            Quad<float> c = warp[item].C;
            warp[item].C = new Quad<float>(
                Sum(warp, row, column, c.X0), Sum(warp, row, column + 1, c.X1), Sum(warp, row + 8, column, c.X2), Sum(warp, row + 8, column + 1, c.X3));
        }
    }

    // Products of 11 by 11 bits are exact in a float; their sums are rounded one by one.
    private static float Sum(ReadOnlySpan<Operands> warp, int row, int column, float start)
    {
        float sum = start;
        for (int l = 0; l < 8; l++)
        {
            Operands a = warp[(row % 8 * 4) + (l % 4)], b = warp[(column * 4) + (l % 4)];
            float left = row < 8 ? (l < 4 ? a.A.X0 : a.A.X2) : l < 4 ? a.A.X1 : a.A.X3;
            sum = MathF.FusedMultiplyAdd(See(left), See(l < 4 ? b.B0 : b.B1), sum);
        }
        return sum;
    }

    private static float See(float x) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(x) & Seen);

    private struct Operands(Quad<float> a, float b0, float b1, Quad<float> c)
    {
        public readonly Quad<float> A = a;
        public readonly float B0 = b0, B1 = b1;
        public Quad<float> C = c;
    }
}
