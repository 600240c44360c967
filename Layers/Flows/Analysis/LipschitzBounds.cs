namespace NativeFlow.Layers;

/// <summary>
/// What is certain of a map's stretch where every |x_i| is at most an input bound: no singular value of its Jacobian exceeds <paramref name="Forward"/>,
/// none of the inverse's <paramref name="Inverse"/>. With an infinite input bound these are Lipschitz constants.
/// </summary>
/// <param name="Forward">Largest singular value of J; infinite where nothing is known.</param>
/// <param name="Inverse">Largest singular value of J^-1; infinite where nothing is known.</param>
/// <param name="OutputBound">Largest |z_i| that such inputs lead to; infinite where nothing is known.</param>
/// <param name="Reason">Why a bound is infinite; empty where both are finite.</param>
public readonly record struct LipschitzBounds(double Forward, double Inverse, double OutputBound, string Reason = "")
{
    /// <summary>Nothing is known.</summary>
    /// <param name="reason">Why.</param>
    public static LipschitzBounds Unknown(string reason) => new(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, reason);

    /// <summary>A map that keeps lengths.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="inputBound">Largest |x_i|.</param>
    internal static LipschitzBounds Isometry(int dimension, double inputBound) => new(1, 1, Math.Sqrt(dimension) * inputBound);

    /// <summary>A function of each feature with slopes from <paramref name="least"/> to <paramref name="most"/> and |f(0)| at most <paramref name="atZero"/>.</summary>
    internal static LipschitzBounds Slopes(double least, double most, double atZero, double inputBound) => new(most, 1 / least, (most * inputBound) + atZero);

    /// <summary>
    /// [I 0; M G] with |M| at most <paramref name="cross"/> and the diagonal G in [<paramref name="least"/>, <paramref name="most"/>]: its norm is at most that of the 2 x 2
    /// matrix of its blocks' norms, and that of the inverse [I 0; -G^-1 M  G^-1] likewise.
    /// </summary>
    internal static (double Forward, double Inverse) Triangular(double cross, double least, double most)
        => (BlockNorm(cross, most), least > 0 ? BlockNorm(cross / least, 1 / least) : double.PositiveInfinity);

    // Largest singular value of [1 0; m g]: the squares have sum 1 + m^2 + g^2 and product g^2.
    private static double BlockNorm(double m, double g)
    {
        if (!double.IsFinite(m) || !double.IsFinite(g)) return double.PositiveInfinity;
        double a = Math.Sqrt(((1 - g) * (1 - g)) + (m * m)), b = Math.Sqrt(((1 + g) * (1 + g)) + (m * m));
        return (a + b) / 2;
    }
}
