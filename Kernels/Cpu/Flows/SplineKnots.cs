using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The knots of one spline, naively: the meaning. Raw: bins widths, bins heights, bins - 1 inner slopes. X, Y, Slope: bins + 1 numbers each.</summary>
/// <remarks>Settings: bound B, least width, least height, least slope, softplus sharpness beta, factor on raw widths and heights.</remarks>
internal readonly ref struct SplineKnots<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly int Bins;
    public readonly Span<T> Soft, X, Y, Slope;
    private readonly ReadOnlySpan<T> _raw, _settings;

    /// <summary>Softmax, least size, running sum; softplus for the inner slopes, 1 at the ends.</summary>
    /// <param name="scratch"><see cref="ScratchLength"/> numbers to live in.</param>
    /// <param name="raw">Raw parameters.</param>
    /// <param name="bins">Number of bins.</param>
    /// <param name="settings">Settings.</param>
    public SplineKnots(Span<T> scratch, ReadOnlySpan<T> raw, int bins, ReadOnlySpan<T> settings)
    {
        Bins = bins;
        _raw = raw;
        _settings = settings;
        int row = bins + 1;
        Soft = scratch[..(2 * bins)];
        X = scratch.Slice(Soft.Length, row);
        Y = scratch.Slice(Soft.Length + row, row);
        Slope = scratch.Slice(Soft.Length + (2 * row), row);
        Softmax(raw[..bins], Soft[..bins]);
        Softmax(raw.Slice(bins, bins), Soft[bins..]);
        Place(Soft[..bins], settings[1], X);
        Place(Soft[bins..], settings[2], Y);
        Slope[0] = Slope[bins] = T.One;
        for (int j = 1; j < bins; j++) Slope[j] = settings[3] + (ScalarMath.Softplus(Beta * RawSlope(j)) / Beta);
    }

    /// <summary>Numbers that the knots of a spline live in.</summary>
    public static int ScratchLength(int bins) => (2 * bins) + (3 * (bins + 1));

    /// <summary>Numbers in the gradient or tangent of a spline's knots: those of X, of Y, of the slopes.</summary>
    public static int GradientLength(int bins) => 3 * (bins + 1);

    private T Bound => _settings[0];

    private T Beta => _settings[4];

    private T Factor => _settings[5];

    /// <summary>Bin of v: the last whose left knot is not above it.</summary>
    public int Find(ReadOnlySpan<T> knots, T v)
    {
        int bin = 0;
        for (int j = 1; j < Bins; j++)
            if (v >= knots[j]) bin = j;
        return bin;
    }

    /// <summary>Bin number <paramref name="bin"/>.</summary>
    public SplineBin<T> Bin(int bin) => new(X[bin], X[bin + 1] - X[bin], Y[bin], Y[bin + 1] - Y[bin], Slope[bin], Slope[bin + 1]);

    /// <summary>dRaw += from the gradient of the knots. The outermost knots do not move.</summary>
    public void Backward(ReadOnlySpan<T> knots, Span<T> dRaw)
    {
        int row = Bins + 1;
        SizesBackward(Soft[..Bins], _settings[1], knots[..row], dRaw[..Bins]);
        SizesBackward(Soft[Bins..], _settings[2], knots.Slice(row, row), dRaw.Slice(Bins, Bins));
        for (int j = 1; j < Bins; j++) dRaw[(2 * Bins) + j - 1] += knots[(2 * row) + j] * ScalarMath.Sigmoid(Beta * RawSlope(j));
    }

    /// <summary>Tangent of the knots from that of the raw parameters.</summary>
    public void Jvp(ReadOnlySpan<T> tRaw, Span<T> knots)
    {
        int row = Bins + 1;
        knots.Clear();
        SizesJvp(Soft[..Bins], _settings[1], tRaw[..Bins], knots[..row]);
        SizesJvp(Soft[Bins..], _settings[2], tRaw.Slice(Bins, Bins), knots.Slice(row, row));
        for (int j = 1; j < Bins; j++) knots[(2 * row) + j] = tRaw[(2 * Bins) + j - 1] * ScalarMath.Sigmoid(Beta * RawSlope(j));
    }

    private T RawSlope(int knot) => _raw[(2 * Bins) + knot - 1];

    private void Softmax(ReadOnlySpan<T> u, Span<T> soft)
    {
        T most = Factor * u[0], sum = T.Zero;
        for (int i = 1; i < u.Length; i++) most = T.Max(most, Factor * u[i]);
        for (int i = 0; i < u.Length; i++)
        {
            soft[i] = T.Exp((Factor * u[i]) - most);
            sum += soft[i];
        }
        for (int i = 0; i < soft.Length; i++) soft[i] /= sum;
    }

    private void Place(ReadOnlySpan<T> soft, T least, Span<T> knots)
    {
        T sum = T.Zero;
        knots[0] = -Bound;
        for (int j = 1; j < Bins; j++)
        {
            sum += least + ((T.One - (least * T.CreateTruncating(Bins))) * soft[j - 1]);
            knots[j] = ((Bound + Bound) * sum) - Bound;
        }
        knots[Bins] = Bound;
    }

    // Gradient of size i is the sum over the inner knots right of it; then back through the softmax.
    private void SizesBackward(ReadOnlySpan<T> soft, T least, ReadOnlySpan<T> knot, Span<T> du)
    {
        T rest = (T.One - (least * T.CreateTruncating(Bins))) * Factor * (Bound + Bound);
        T sum = T.Zero, mean = T.Zero;
        for (int i = Bins - 2; i >= 0; i--)
        {
            sum += knot[i + 1];
            mean += soft[i] * sum;
        }
        sum = T.Zero;
        for (int i = Bins - 1; i >= 0; i--)
        {
            if (i < Bins - 1) sum += knot[i + 1];
            du[i] += rest * soft[i] * (sum - mean);
        }
    }

    private void SizesJvp(ReadOnlySpan<T> soft, T least, ReadOnlySpan<T> tu, Span<T> knot)
    {
        T rest = (T.One - (least * T.CreateTruncating(Bins))) * Factor * (Bound + Bound);
        T mean = T.Zero, sum = T.Zero;
        for (int i = 0; i < Bins; i++) mean += soft[i] * tu[i];
        for (int i = 0; i < Bins - 1; i++)
        {
            sum += soft[i] * (tu[i] - mean);
            knot[i + 1] = rest * sum;
        }
    }
}
