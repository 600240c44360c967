using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// The knots of many splines, made from raw parameters and kept from forward to backward. Raw: [elements x (3 bins - 1)], an element's
/// widths, heights, inner slopes. Planes X, Y, slope: [(bins + 1) x elements], so that neighbouring elements share a vector.
/// </summary>
/// <remarks>Settings: bound B, least width, least height, least slope, softplus sharpness beta, factor on raw widths and heights.</remarks>
internal readonly ref struct SplineKnots<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly int Bins, Elements;
    public readonly Span<T> Soft, X, Y, Slope;
    private readonly ReadOnlySpan<T> _settings;

    public SplineKnots(Span<T> scratch, int bins, ReadOnlySpan<T> settings)
    {
        Bins = bins;
        Elements = scratch.Length / RationalQuadratic.KnotLength(bins);
        int plane = (bins + 1) * Elements;
        Soft = scratch[..(2 * bins * Elements)];
        X = scratch.Slice(Soft.Length, plane);
        Y = scratch.Slice(Soft.Length + plane, plane);
        Slope = scratch.Slice(Soft.Length + (2 * plane), plane);
        _settings = settings;
    }

    public T Bound => _settings[0];

    private T Beta => _settings[4];

    private T Factor => _settings[5];

    private int RawLength => (3 * Bins) - 1;

    /// <summary>The meaning: softmax, least size, running sum; softplus for the inner slopes, 1 at the ends.</summary>
    public void Make(ReadOnlySpan<T> raw)
    {
        for (int e = 0; e < Elements; e++)
        {
            ReadOnlySpan<T> u = raw.Slice(e * RawLength, RawLength);
            Span<T> soft = Soft.Slice(2 * Bins * e, 2 * Bins);
            Softmax(u[..Bins], soft[..Bins]);
            Softmax(u.Slice(Bins, Bins), soft.Slice(Bins, Bins));
            Place(e);
            for (int j = 1; j < Bins; j++) Slope[(j * Elements) + e] = _settings[3] + (ScalarMath.Softplus(Beta * u[2 * Bins + j - 1]) / Beta);
        }
    }

    /// <summary><see cref="Make"/> with all exponentials in two sweeps over lanes.</summary>
    public void MakeSimd(ReadOnlySpan<T> raw)
    {
        int inner = Bins - 1;
        Span<T> sharp = Soft[..(inner * Elements)];
        for (int e = 0; e < Elements; e++)
            for (int j = 0; j < inner; j++) sharp[(e * inner) + j] = Beta * raw[(e * RawLength) + (2 * Bins) + j];
        Elementwise.Map(sharp, sharp, new SoftplusFunction<T>());
        T inverse = T.One / Beta;
        for (int e = 0; e < Elements; e++)
            for (int j = 0; j < inner; j++) Slope[((j + 1) * Elements) + e] = _settings[3] + (sharp[(e * inner) + j] * inverse);
        for (int e = 0; e < Elements; e++)
        {
            Shift(raw.Slice(e * RawLength, Bins), Soft.Slice(2 * Bins * e, Bins));
            Shift(raw.Slice((e * RawLength) + Bins, Bins), Soft.Slice((2 * Bins * e) + Bins, Bins));
        }
        Elementwise.Map(Soft, Soft, new ExpFunction<T>());
        for (int e = 0; e < Elements; e++)
        {
            Normalise(Soft.Slice(2 * Bins * e, Bins));
            Normalise(Soft.Slice((2 * Bins * e) + Bins, Bins));
            Place(e);
        }
    }

    /// <summary>Bin of v: the last whose left knot is not above it.</summary>
    public int Find(ReadOnlySpan<T> plane, int element, T v)
    {
        int bin = 0;
        for (int j = 1; j < Bins; j++)
            if (v >= plane[(j * Elements) + element]) bin = j;
        return bin;
    }

    /// <summary>Bin number <paramref name="bin"/> of an element.</summary>
    public SplineBin<T> Bin(int element, int bin)
    {
        int left = (bin * Elements) + element, right = left + Elements;
        return new SplineBin<T>(X[left], X[right] - X[left], Y[left], Y[right] - Y[left], Slope[left], Slope[right]);
    }

    /// <summary>dRaw += from the gradients of the knots, [elements x 3 x (bins + 1)]. The outermost knots do not move.</summary>
    public void Backward(ReadOnlySpan<T> raw, ReadOnlySpan<T> knots, Span<T> dRaw)
    {
        int row = Bins + 1;
        for (int e = 0; e < Elements; e++)
        {
            ReadOnlySpan<T> u = raw.Slice(e * RawLength, RawLength), g = knots.Slice(3 * row * e, 3 * row);
            Span<T> du = dRaw.Slice(e * RawLength, RawLength);
            ReadOnlySpan<T> soft = Soft.Slice(2 * Bins * e, 2 * Bins);
            SizesBackward(soft[..Bins], _settings[1], g[..row], du[..Bins]);
            SizesBackward(soft.Slice(Bins, Bins), _settings[2], g.Slice(row, row), du.Slice(Bins, Bins));
            for (int j = 1; j < Bins; j++) du[(2 * Bins) + j - 1] += g[(2 * row) + j] * ScalarMath.Sigmoid(Beta * u[(2 * Bins) + j - 1]);
        }
    }

    /// <summary>Tangents of the knots, [elements x 3 x (bins + 1)], from those of the raw parameters.</summary>
    public void Jvp(ReadOnlySpan<T> raw, ReadOnlySpan<T> tRaw, Span<T> knots)
    {
        int row = Bins + 1;
        knots.Clear();
        for (int e = 0; e < Elements; e++)
        {
            ReadOnlySpan<T> u = raw.Slice(e * RawLength, RawLength), tu = tRaw.Slice(e * RawLength, RawLength);
            Span<T> g = knots.Slice(3 * row * e, 3 * row);
            ReadOnlySpan<T> soft = Soft.Slice(2 * Bins * e, 2 * Bins);
            SizesJvp(soft[..Bins], _settings[1], tu[..Bins], g[..row]);
            SizesJvp(soft.Slice(Bins, Bins), _settings[2], tu.Slice(Bins, Bins), g.Slice(row, row));
            for (int j = 1; j < Bins; j++) g[(2 * row) + j] = tu[(2 * Bins) + j - 1] * ScalarMath.Sigmoid(Beta * u[(2 * Bins) + j - 1]);
        }
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

    private void Softmax(ReadOnlySpan<T> u, Span<T> soft)
    {
        Shift(u, soft);
        for (int i = 0; i < soft.Length; i++) soft[i] = T.Exp(soft[i]);
        Normalise(soft);
    }

    private void Shift(ReadOnlySpan<T> u, Span<T> shifted)
    {
        T factor = Factor, most = factor * u[0];
        for (int i = 1; i < u.Length; i++) most = T.Max(most, factor * u[i]);
        for (int i = 0; i < u.Length; i++) shifted[i] = (factor * u[i]) - most;
    }

    private static void Normalise(Span<T> soft)
    {
        T sum = T.Zero;
        foreach (T v in soft) sum += v;
        for (int i = 0; i < soft.Length; i++) soft[i] /= sum;
    }

    private void Place(int e)
    {
        T bins = T.CreateTruncating(Bins);
        T sumX = T.Zero, sumY = T.Zero, size = Bound + Bound;
        for (int j = 0; j <= Bins; j++)
        {
            int at = (j * Elements) + e;
            X[at] = j == 0 ? -Bound : j == Bins ? Bound : (size * sumX) - Bound;
            Y[at] = j == 0 ? -Bound : j == Bins ? Bound : (size * sumY) - Bound;
            if (j == 0 || j == Bins) Slope[at] = T.One;
            if (j == Bins) continue;
            sumX += _settings[1] + ((T.One - (_settings[1] * bins)) * Soft[(2 * Bins * e) + j]);
            sumY += _settings[2] + ((T.One - (_settings[2] * bins)) * Soft[(2 * Bins * e) + Bins + j]);
        }
    }
}
