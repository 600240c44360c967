using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A mixture of normals with full covariances, fitted by expectation maximisation from a k-means++ start. One component is the maximum-likelihood normal.</summary>
/// <remarks>
/// In double, deterministic by seed. Cost: about rows K D^2 multiply-adds an iteration. The ridge on every covariance keeps a component
/// from collapsing onto repeated rows. Sources: Dempster, Laird, Rubin 1977; Arthur and Vassilvitskii 2007 for the start.
/// </remarks>
public sealed class GaussianMixtureFit
{
    private const int KMeansIterations = 100;

    private readonly double[] _weights, _means, _lower, _constants;

    private GaussianMixtureFit(int components, int dimension)
    {
        (Components, Dimension) = (components, dimension);
        _weights = new double[components];
        _means = new double[components * dimension];
        _lower = new double[components * dimension * dimension];
        _constants = new double[components];
    }

    /// <summary>Number of components K.</summary>
    public int Components { get; }

    /// <summary>Number of features D.</summary>
    public int Dimension { get; }

    /// <summary>Weights [K], adding up to 1.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>Means [K x D].</summary>
    public ReadOnlySpan<double> Means => _means;

    /// <summary>Lower Cholesky factors of the covariances [K x D x D].</summary>
    public ReadOnlySpan<double> ScaleTril => _lower;

    /// <summary>Iterations done.</summary>
    public int Iterations { get; private set; }

    /// <summary>Mean log-likelihood of the training rows before the last update.</summary>
    public double TrainNats { get; private set; } = double.NegativeInfinity;

    /// <summary>Free numbers: weights, means, covariances.</summary>
    public int ParameterCount => Components - 1 + Components * (Dimension + Dimension * (Dimension + 1) / 2);

    /// <summary>Fits rows.</summary>
    /// <param name="x">[rows x D], row-major.</param>
    /// <param name="dimension">D.</param>
    /// <param name="components">K, at most the number of rows.</param>
    /// <param name="seed">Of the start.</param>
    /// <param name="ridge">Added to the diagonal of every covariance.</param>
    /// <param name="tolerance">Stops when the mean log-likelihood gains less.</param>
    /// <param name="mostIterations">Stops at the latest.</param>
    /// <exception cref="ArgumentException">The sizes do not fit.</exception>
    /// <exception cref="SingularMatrixException">A covariance is not positive definite in spite of the ridge.</exception>
    public static GaussianMixtureFit Fit(ReadOnlySpan<double> x, int dimension, int components, ulong seed = 0, double ridge = 1e-6, double tolerance = 1e-5, int mostIterations = 500)
    {
        int rows = dimension > 0 ? x.Length / dimension : 0;
        if (dimension < 1 || rows * dimension != x.Length || components < 1 || components > rows)
            throw new ArgumentException($"GaussianMixtureFit: {x.Length} numbers, {dimension} features, {components} components; whole rows are needed, and a row for every component.");
        var fit = new GaussianMixtureFit(components, dimension);
        var responsibilities = new double[rows * components];
        fit.Start(x, rows, seed, responsibilities);
        fit.Maximize(x, rows, responsibilities, ridge);
        while (components > 1 && fit.Iterations < mostIterations)
        {
            double nats = fit.Expect(x, rows, responsibilities);
            double gain = nats - fit.TrainNats;
            fit.TrainNats = nats;
            fit.Maximize(x, rows, responsibilities, ridge);
            fit.Iterations++;
            if (gain < tolerance) break;
        }

        if (components == 1) fit.TrainNats = fit.Expect(x, rows, responsibilities);
        return fit;
    }

    /// <summary>log p of one row, in nats.</summary>
    public double LogDensity(ReadOnlySpan<double> row)
    {
        Span<double> parts = Components <= 256 ? stackalloc double[Components] : new double[Components];
        Parts(row, parts);
        return ToyMath.LogSumExp(parts);
    }

    /// <summary>The same mixture as a distribution of a flow.</summary>
    public FullGaussianMixture<T> ToDistribution<T>(bool trainable = true) where T : unmanaged, IFloatingPointIeee754<T>
        => new(Dimension, Components, _means, _lower, Array.ConvertAll(_weights, w => Math.Log(Math.Max(w, 1e-300))), trainable: trainable);

    // log weight_k + log N(row; k) for every component.
    private void Parts(ReadOnlySpan<double> row, Span<double> parts)
    {
        int d = Dimension;
        Span<double> y = d <= 256 ? stackalloc double[d] : new double[d];
        for (int k = 0; k < parts.Length; k++)
        {
            double square = 0;
            for (int i = 0; i < d; i++)
            {
                ReadOnlySpan<double> lower = _lower.AsSpan((k * d + i) * d, i + 1);
                double sum = row[i] - _means[k * d + i];
                for (int j = 0; j < i; j++) sum -= lower[j] * y[j];
                y[i] = sum / lower[i];
                square += y[i] * y[i];
            }

            parts[k] = _constants[k] - 0.5 * square;
        }
    }

    private double Expect(ReadOnlySpan<double> x, int rows, double[] responsibilities)
    {
        double sum = 0;
        for (int r = 0; r < rows; r++)
        {
            Span<double> parts = responsibilities.AsSpan(r * Components, Components);
            Parts(x.Slice(r * Dimension, Dimension), parts);
            double all = ToyMath.LogSumExp(parts);
            for (int k = 0; k < parts.Length; k++) parts[k] = Math.Exp(parts[k] - all);
            sum += all;
        }

        return sum / rows;
    }

    private void Maximize(ReadOnlySpan<double> x, int rows, double[] responsibilities, double ridge)
    {
        int d = Dimension;
        double[] difference = new double[d];
        for (int k = 0; k < Components; k++)
        {
            double weight = 0;
            for (int r = 0; r < rows; r++) weight += responsibilities[r * Components + k];
            _weights[k] = weight / rows;
            _constants[k] = Math.Log(_weights[k]) - 0.5 * d * Math.Log(2 * Math.PI);
            Span<double> mean = _means.AsSpan(k * d, d), covariance = _lower.AsSpan(k * d * d, d * d);
            // A component that has lost all its rows keeps its shape; its weight says that it is gone.
            if (weight > 1e-10)
            {
                mean.Clear();
                covariance.Clear();
                for (int r = 0; r < rows; r++)
                {
                    double share = responsibilities[r * Components + k] / weight;
                    for (int i = 0; i < d; i++) mean[i] += share * x[r * d + i];
                }

                for (int r = 0; r < rows; r++)
                {
                    double share = responsibilities[r * Components + k] / weight;
                    if (share < 1e-18) continue;
                    for (int i = 0; i < d; i++)
                    {
                        difference[i] = x[r * d + i] - mean[i];
                        double scaled = share * difference[i];
                        Span<double> line = covariance.Slice(i * d, i + 1);
                        for (int j = 0; j < line.Length; j++) line[j] += scaled * difference[j];
                    }
                }

                for (int i = 0; i < d; i++) covariance[i * d + i] += ridge;
                if (Cholesky.Factor(covariance, d) is >= 0 and int pivot) throw new SingularMatrixException($"Gaussian mixture: covariance of component {k}", d, pivot);
            }

            for (int i = 0; i < d; i++) _constants[k] -= Math.Log(covariance[i * d + i]);
        }
    }

    // k-means++, then Lloyd's iteration; responsibilities become 0 or 1.
    private void Start(ReadOnlySpan<double> x, int rows, ulong seed, double[] responsibilities)
    {
        int d = Dimension;
        var centres = new double[Components * d];
        double[] nearest = new double[rows], uniform = new double[Components];
        DistributionNoise.Fill(seed, 0, uniform);
        Array.Fill(nearest, 1.0);
        for (int k = 0; k < Components; k++)
        {
            double left = uniform[k] * nearest.Sum();
            int chosen = 0;
            while (chosen < rows - 1 && (left -= nearest[chosen]) > 0) chosen++;
            x.Slice(chosen * d, d).CopyTo(centres.AsSpan(k * d));
            for (int r = 0; r < rows; r++)
            {
                double distance = Distance(x.Slice(r * d, d), centres.AsSpan(k * d, d));
                nearest[r] = k == 0 ? distance : Math.Min(nearest[r], distance);
            }
        }

        var owner = new int[rows];
        Array.Fill(owner, -1);
        for (int iteration = 0; iteration < KMeansIterations; iteration++)
        {
            bool moved = false;
            for (int r = 0; r < rows; r++)
            {
                int best = 0;
                double closest = double.PositiveInfinity;
                for (int k = 0; k < Components; k++)
                {
                    double distance = Distance(x.Slice(r * d, d), centres.AsSpan(k * d, d));
                    if (distance < closest) (best, closest) = (k, distance);
                }

                moved |= owner[r] != best;
                owner[r] = best;
            }

            if (!moved) break;
            var counts = new int[Components];
            var sums = new double[centres.Length];
            for (int r = 0; r < rows; r++)
            {
                counts[owner[r]]++;
                for (int i = 0; i < d; i++) sums[owner[r] * d + i] += x[r * d + i];
            }

            for (int i = 0; i < centres.Length; i++)
                if (counts[i / d] > 0) centres[i] = sums[i] / counts[i / d];
        }

        for (int k = 0; k < Components; k++)
            for (int i = 0; i < d; i++)
            {
                // What a component without rows keeps: its centre and the unit covariance.
                _means[k * d + i] = centres[k * d + i];
                _lower[(k * d + i) * d + i] = 1;
            }

        for (int r = 0; r < rows; r++) responsibilities[r * Components + owner[r]] = 1;
    }

    private static double Distance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
