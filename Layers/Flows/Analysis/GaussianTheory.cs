namespace NativeFlow.Layers;

/// <summary>
/// What the eigenvalues of a data set's second moments say about the log-likelihood of flows with a standard normal base: in nats per sample of
/// the continuous data, in closed form.
/// </summary>
/// <remarks>
/// Every function takes the eigenvalues lambda_1 .. lambda_D of the covariance; those of the auto-correlation E[x x^T] give the same for maps
/// without a bias. None of these numbers is an optimum of non-linear flows: for them <see cref="LinearOptimum"/> is a floor on the training data and
/// minus the entropy of the data the ceiling. Cost D each. Sources: Tipping and Bishop 1999 (PPCA); the rest is derived in docs/theory.md.
/// </remarks>
public static class GaussianTheory
{
    private static readonly double LogTwoPi = Math.Log(2 * Math.PI);

    /// <summary>-D/2 log(2 pi e) - 1/2 log det: the largest mean log-likelihood of any affine flow; plus infinity if an eigenvalue is 0.</summary>
    /// <exception cref="ArgumentException">An eigenvalue is negative or no number.</exception>
    public static double LinearOptimum(ReadOnlySpan<double> eigenvalues) => -0.5 * (eigenvalues.Length * (LogTwoPi + 1) + LogDet(eigenvalues));

    /// <summary>
    /// The largest mean log-likelihood of a Gaussian of q factors plus isotropic noise (probabilistic PCA): the q largest eigenvalues are kept, the noise is the
    /// mean of the others. Plus infinity if that mean is 0.
    /// </summary>
    /// <param name="eigenvalues">In any order.</param>
    /// <param name="factors">q from 0 to D.</param>
    /// <exception cref="ArgumentException">q is out of range, or an eigenvalue is negative or no number.</exception>
    public static double Ppca(ReadOnlySpan<double> eigenvalues, int factors)
    {
        if (factors < 0 || factors > eigenvalues.Length) throw new ArgumentException($"GaussianTheory.Ppca: {factors} factors of {eigenvalues.Length} eigenvalues; give 0 to {eigenvalues.Length}.");
        return PpcaCurve(eigenvalues)[factors];
    }

    /// <summary><see cref="Ppca"/> for q = 0 .. D, [D + 1]; never falling, and <see cref="LinearOptimum"/> from q = D - 1 on.</summary>
    /// <exception cref="ArgumentException">An eigenvalue is negative or no number.</exception>
    public static double[] PpcaCurve(ReadOnlySpan<double> eigenvalues)
    {
        RequireValid(eigenvalues);
        int d = eigenvalues.Length;
        double[] sorted = eigenvalues.ToArray(), curve = new double[d + 1], discarded = new double[d + 1];
        Array.Sort(sorted);
        // From the smallest up, so that small eigenvalues are not lost beside large ones.
        for (int k = 1; k <= d; k++) discarded[k] = discarded[k - 1] + sorted[k - 1];
        double kept = 0;
        for (int q = 0; q <= d; q++)
        {
            if (q > 0) kept += Math.Log(sorted[d - q]);
            double noise = q == d ? 0 : (d - q) * Math.Log(discarded[d - q] / (d - q));
            // Two infinities of one sign: a kept eigenvalue of 0 means that all discarded ones are 0 too.
            curve[q] = -0.5 * (d * (LogTwoPi + 1) + kept + noise);
        }

        return curve;
    }

    /// <summary>
    /// The largest mean log-likelihood of an affine flow whose singular values lie in [1/M, L]: a_i = clip(lambda_i^-1/2, 1/M, L),
    /// -D/2 log 2 pi + sum(log a_i - a_i^2 lambda_i / 2).
    /// </summary>
    /// <param name="eigenvalues">In any order.</param>
    /// <param name="lipschitz">Bound L on the map's Lipschitz constant; infinite for none.</param>
    /// <param name="inverseLipschitz">Bound M on the inverse's; infinite for none.</param>
    /// <exception cref="ArgumentException">1/M exceeds L, a bound is not positive, or an eigenvalue is negative or no number.</exception>
    public static double ConstrainedOptimum(ReadOnlySpan<double> eigenvalues, double lipschitz, double inverseLipschitz)
    {
        RequireValid(eigenvalues);
        if (!(lipschitz > 0) || !(inverseLipschitz > 0) || 1 / inverseLipschitz > lipschitz)
            throw new ArgumentException($"GaussianTheory.ConstrainedOptimum: bounds {lipschitz} on the map and {inverseLipschitz} on its inverse; both must be positive, and their product 1 or more.");
        double sum = -0.5 * eigenvalues.Length * LogTwoPi;
        foreach (double lambda in eigenvalues)
        {
            if (lambda == 0 && double.IsPositiveInfinity(lipschitz)) return double.PositiveInfinity;
            double a = Math.Clamp(1 / Math.Sqrt(lambda), 1 / inverseLipschitz, lipschitz);
            sum += Math.Log(a) - 0.5 * a * a * lambda;
        }

        return sum;
    }

    /// <summary>D log L - D/2 log 2 pi: what log q(x) of any flow to N(0, I) with Lipschitz constant L, linear or not, exceeds at no point.</summary>
    /// <exception cref="ArgumentException">A number is not positive.</exception>
    public static double PointwiseCeiling(int dimension, double lipschitz)
    {
        if (dimension < 1 || !(lipschitz > 0)) throw new ArgumentException($"GaussianTheory.PointwiseCeiling: {dimension} features and the Lipschitz constant {lipschitz}; both must be positive.");
        return dimension * (Math.Log(lipschitz) - 0.5 * LogTwoPi);
    }

    /// <summary>
    /// -1/2 log det: E log|det J| of any map that carries the data exactly to N(0, I) is at least this, and equal to it only for Gaussian data. In nats; plus
    /// infinity if an eigenvalue is 0.
    /// </summary>
    /// <exception cref="ArgumentException">An eigenvalue is negative or no number.</exception>
    public static double VolumeFloor(ReadOnlySpan<double> eigenvalues) => -0.5 * LogDet(eigenvalues);

    /// <summary>D/2 log(2 pi e) - H: E log|det J| of any map that carries data of differential entropy H (nats) exactly to N(0, I).</summary>
    public static double ExactVolume(int dimension, double entropy) => 0.5 * dimension * (LogTwoPi + 1) - entropy;

    /// <summary>exp(volume / D), the geometric mean of the singular values, which the Lipschitz constant of the map cannot be below.</summary>
    /// <param name="dimension">D.</param>
    /// <param name="volume">E log|det J| in nats.</param>
    public static double LipschitzFloor(int dimension, double volume) => Math.Exp(volume / dimension);

    /// <summary>
    /// The memorising bound at one integer row x dequantised by U[0, 1)^D, for linear maps without bias of the row's own: -D/2 log(2 pi e) -
    /// 1/2 log(|x + 1/2|^2 + 1/12) + (D - 1)/2 log 12, the linear optimum of the second moments given that row. Nothing generalises at it.
    /// </summary>
    /// <param name="dimension">D.</param>
    /// <param name="squaredNorm">|x + 1/2|^2.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static double PointBound(int dimension, double squaredNorm)
    {
        if (dimension < 1 || !(squaredNorm >= 0)) throw new ArgumentException($"GaussianTheory.PointBound: {dimension} features, squared length {squaredNorm}; the first must be positive, the second not negative.");
        return -0.5 * (dimension * (LogTwoPi + 1) + Math.Log(squaredNorm + 1.0 / 12) - (dimension - 1) * Math.Log(12));
    }

    private static double LogDet(ReadOnlySpan<double> eigenvalues)
    {
        RequireValid(eigenvalues);
        double sum = 0;
        foreach (double lambda in eigenvalues) sum += Math.Log(lambda);
        return sum;
    }

    private static void RequireValid(ReadOnlySpan<double> eigenvalues)
    {
        for (int i = 0; i < eigenvalues.Length; i++)
            if (!(eigenvalues[i] >= 0) || double.IsInfinity(eigenvalues[i]))
                throw new ArgumentException($"GaussianTheory: eigenvalue {i} is {eigenvalues[i]}; eigenvalues of second moments are finite and not negative.");
    }
}
