using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// What theory says about the log-likelihood that flows with a standard normal base can have on a data set: nats per sample of the continuous (dequantised)
/// data on its own scale. docs/theory.md says what each number is: a floor, a ceiling, a bound on a class of maps.
/// </summary>
public sealed class LikelihoodReport
{
    private readonly double[] _lifted;

    private LikelihoodReport(DataMoments moments, DataMoments? test, double? entropy, TheoryOptions options)
    {
        (Moments, Test, Entropy, Options) = (moments, test, entropy, options);
        int d = moments.Dimension;
        bool discrete = moments.Levels > 0, lifted = options.NoiseVariance > 0;
        Floor = Math.Max(options.NoiseVariance, moments.Rounding);
        bool full = moments.Rank == d || discrete || lifted;
        _lifted = Lifted(moments.CovarianceSpectrum, full ? Floor : 0);
        if (full)
        {
            LinearOptimum = GaussianTheory.LinearOptimum(_lifted);
            VolumeFloor = GaussianTheory.VolumeFloor(_lifted);
        }
        else
        {
            // What rounding left of zero is zero.
            for (int i = moments.Rank; i < d; i++) _lifted[i] = 0;
        }

        // Without a bias the mean is one direction more.
        double[] second = Lifted(moments.AutoCorrelationSpectrum, discrete || lifted ? Floor : 0);
        double rounding = moments.Rounding / Math.Max(double.Epsilon, moments.CovarianceSpectrum[0]) * second[0];
        if (discrete || lifted || second[^1] > rounding) LinearOptimumWithoutBias = GaussianTheory.LinearOptimum(second);
        double[] curve = GaussianTheory.PpcaCurve(_lifted);
        PpcaCurve = full ? curve : curve[..moments.Rank];
        double constrained = GaussianTheory.ConstrainedOptimum(_lifted, options.Lipschitz, options.InverseLipschitz);
        if (double.IsFinite(constrained) && (double.IsFinite(options.Lipschitz) || double.IsFinite(options.InverseLipschitz))) ConstrainedOptimum = constrained;
        if (double.IsFinite(options.Lipschitz)) PointwiseCeiling = GaussianTheory.PointwiseCeiling(d, options.Lipschitz);
        if (entropy is { } h) ExactVolume = GaussianTheory.ExactVolume(d, h);
        if ((ExactVolume ?? VolumeFloor) is { } volume) LipschitzFloor = GaussianTheory.LipschitzFloor(d, volume);
        if (discrete) PointBound = moments.PointBound;
        if (test is not null && LinearOptimum is not null && !lifted) GaussianOnTest = test.UnderGaussianOf(moments);
    }

    /// <summary>Moments of the training rows.</summary>
    public DataMoments Moments { get; }

    /// <summary>Moments of the test rows; null where there are none.</summary>
    public DataMoments? Test { get; }

    /// <summary>Differential entropy of the density that the rows were drawn from, in nats; null where it is not known. Its negative is the ceiling of every model's expected log-likelihood.</summary>
    public double? Entropy { get; }

    /// <summary>What was taken for given.</summary>
    public TheoryOptions Options { get; }

    /// <summary>Features D.</summary>
    public int Dimension => Moments.Dimension;

    /// <summary>Eigenvalues below this count as this: the noise variance given, or what rounding makes of 0.</summary>
    public double Floor { get; }

    /// <summary>Eigenvalues of the covariance that the numbers below were made of, falling.</summary>
    public ReadOnlySpan<double> Eigenvalues => _lifted;

    /// <summary>
    /// Linear-flow optimum LL_G: exactly what the best affine flow reaches on the training rows, and a floor for what contains affine flows. Null where it is
    /// refused, because the covariance is singular (always with N at most D): the likelihood has no maximum there. Noise, or integer data, gives it one.
    /// </summary>
    public double? LinearOptimum { get; }

    /// <summary>As <see cref="LinearOptimum"/> for z = W x without a bias, from E[x x^T].</summary>
    public double? LinearOptimumWithoutBias { get; }

    /// <summary>The normal distribution of <see cref="LinearOptimum"/>, fitted to the training rows, on the test rows; null without those, or where eigenvalues were lifted.</summary>
    public double? GaussianOnTest { get; }

    /// <summary>Optimum of probabilistic PCA for q = 0, 1, ...: to D, or where the covariance is singular to its rank - 1.</summary>
    public IReadOnlyList<double> PpcaCurve { get; }

    /// <summary>Optimum of affine flows within the Lipschitz bounds; null where none are given, or where it is unbounded.</summary>
    public double? ConstrainedOptimum { get; }

    /// <summary>What log q(x) of any flow within the Lipschitz bound on the map exceeds at no point; null without such a bound.</summary>
    public double? PointwiseCeiling { get; }

    /// <summary>Least E log|det J| of an exact map to N(0, I), from the covariance alone; null where that is singular.</summary>
    public double? VolumeFloor { get; }

    /// <summary>E log|det J| of every exact map to N(0, I); null where the entropy is not known.</summary>
    public double? ExactVolume { get; }

    /// <summary>What no exact map to N(0, I) can have a smaller Lipschitz constant than, from <see cref="ExactVolume"/> or else <see cref="VolumeFloor"/>; null without either.</summary>
    public double? LipschitzFloor { get; }

    /// <summary>Mean over the training rows of the memorising bound, one Gaussian for each row; null for continuous data.</summary>
    public double? PointBound { get; }

    /// <summary>Why numbers are missing, for people; null where none is.</summary>
    public string? Refusal => LinearOptimum is not null ? null
        : $"the covariance of {Moments.Rows} rows has rank {Moments.Rank} of {Dimension}{(Moments.Rows <= Dimension ? $" (N = {Moments.Rows} rows give at most N - 1)" : "")}: the likelihood of affine flows is unbounded; give a noise variance";

    /// <summary>-nats / (D ln 2).</summary>
    public double BitsPerDim(double nats) => -nats / (Dimension * Math.Log(2));

    /// <summary>Makes the report. Cost as <see cref="DataMoments.Of"/> for both tables.</summary>
    /// <param name="train">Training rows.</param>
    /// <param name="test">Test rows; null for none.</param>
    /// <param name="options">What to take for given; null for nothing.</param>
    /// <param name="entropy">Differential entropy of the rows' density in nats, if known.</param>
    /// <param name="progress">Told the share done, 0 to 1.</param>
    /// <param name="cancel">Stops between two blocks of rows.</param>
    /// <exception cref="BadInputException">Bad options, no rows, or other columns in the test rows.</exception>
    public static LikelihoodReport Of(Table train, Table? test = null, TheoryOptions? options = null, double? entropy = null, Action<double>? progress = null, CancellationToken cancel = default)
    {
        TheoryOptions given = (options ?? new TheoryOptions()).Checked();
        if (test is not null && (test.Columns != train.Columns || test.Levels != train.Levels)) throw new BadInputException($"{test.Name}: the test rows are {test}, the training rows {train}; columns and levels must be equal.");
        double share = test is null ? 1 : (double)train.Rows / (train.Rows + test.Rows);
        DataMoments moments = DataMoments.Of(train, p => progress?.Invoke(p * share), cancel);
        DataMoments? fresh = test is null ? null : DataMoments.Of(test, p => progress?.Invoke(share + (p * (1 - share))), cancel);
        return new LikelihoodReport(moments, fresh, entropy, given);
    }

    /// <summary>Makes the report of a data set's training and test rows, with the entropy where it is known.</summary>
    /// <inheritdoc cref="Of(Table, Table?, TheoryOptions?, double?, Action{double}?, CancellationToken)"/>
    public static LikelihoodReport Of(DataSet data, TheoryOptions? options = null, Action<double>? progress = null, CancellationToken cancel = default)
        => Of(data.Train, data.Test, options, data.Toy?.Entropy, progress, cancel);

    private static double[] Lifted(ReadOnlySpan<double> eigenvalues, double floor)
    {
        double[] lifted = eigenvalues.ToArray();
        for (int i = 0; i < lifted.Length; i++) lifted[i] = Math.Max(lifted[i], floor);
        return lifted;
    }
}
