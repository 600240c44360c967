using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// First and second moments of a table's rows with their eigenvalues, in double. Integer data counts as dequantised by U[0, 1) noise, the mean over the noise
/// taken in closed form: the mean shifts by 1/2, the covariance gains I/12.
/// </summary>
public sealed class DataMoments
{
    private const double UniformVariance = 1.0 / 12;

    private readonly double[] _mean, _covariance, _spectrum, _autoCorrelation;

    private DataMoments(Table table, double[] mean, double[] covariance, double pointBound)
    {
        (Name, Rows, Dimension, Levels, PointBound) = (table.Name, table.Rows, table.Columns, table.Levels, pointBound);
        (_mean, _covariance) = (mean, covariance);
        int d = Dimension;
        double noise = Levels > 0 ? UniformVariance : 0;
        _spectrum = Spectrum(covariance, d);
        Rounding = (Math.BitIncrement(1.0) - 1) * Math.Max(d, LeastRoundings) * _spectrum[0];
        foreach (double lambda in _spectrum)
            if (lambda - noise > Rounding) Rank++;
        var second = (double[])covariance.Clone();
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) second[(i * d) + j] += mean[i] * mean[j];
        _autoCorrelation = Spectrum(second, d);
    }

    // A sum of thousands of products is no better than this many roundings, however few columns there are.
    private const int LeastRoundings = 32;

    /// <summary>Name of the table.</summary>
    public string Name { get; }

    /// <summary>Rows N.</summary>
    public int Rows { get; }

    /// <summary>Columns D.</summary>
    public int Dimension { get; }

    /// <summary>Integer levels; 0 for continuous data.</summary>
    public int Levels { get; }

    /// <summary>Number of eigenvalues of the covariance of the rows themselves, without dequantisation noise, above <see cref="Rounding"/>: at most N - 1.</summary>
    public int Rank { get; }

    /// <summary>eps max(D, 32) lambda_1: below it an eigenvalue is rounding error.</summary>
    public double Rounding { get; }

    /// <summary>Mean over the rows of <see cref="GaussianTheory.PointBound"/> in nats, a memorising bound; NaN for continuous data.</summary>
    public double PointBound { get; }

    /// <summary>Mean [D].</summary>
    public ReadOnlySpan<double> Mean => _mean;

    /// <summary>Covariance [D x D], the sum over the rows divided by N.</summary>
    public ReadOnlySpan<double> Covariance => _covariance;

    /// <summary>Eigenvalues of the covariance, falling; those that rounding made negative are 0.</summary>
    public ReadOnlySpan<double> CovarianceSpectrum => _spectrum;

    /// <summary>Eigenvalues of the auto-correlation E[x x^T] = covariance + mean mean^T, falling; those that rounding made negative are 0.</summary>
    public ReadOnlySpan<double> AutoCorrelationSpectrum => _autoCorrelation;

    /// <summary>Takes the moments of all rows. Two passes over the rows, 2 N D^2 flops, and two times 8/3 D^3 for the eigenvalues.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="progress">Told the share done, 0 to 1.</param>
    /// <param name="cancel">Stops between two blocks of rows.</param>
    /// <exception cref="BadInputException">No rows, or a value that is not finite.</exception>
    public static DataMoments Of(Table table, Action<double>? progress = null, CancellationToken cancel = default)
    {
        if (table.Rows < 1) throw new BadInputException($"{table.Name}: has no rows; second moments need some.");
        int d = table.Columns, block = Math.Clamp((1 << 19) / d, 1, table.Rows);
        double shift = table.Levels > 0 ? 0.5 : 0, pointBound = 0;
        double[] rows = new double[block * d], mean = new double[d], covariance = new double[d * d];
        for (int r = 0; r < table.Rows; r++)
        {
            Span<double> row = rows.AsSpan(0, d);
            table.CopyRow(r, row);
            for (int i = 0; i < d; i++) row[i] += shift;
            VectorOps.AddScaled(1.0 / table.Rows, row, mean);
            double square = VectorOps.SumSquares<double>(row);
            if (!double.IsFinite(square)) throw new BadInputException($"{table.Name}: row {r} (from 0) holds a value that is not finite, or too large to be squared; leave it out.");
            if (table.Levels > 0) pointBound += GaussianTheory.PointBound(d, square);
        }

        using var products = new HostProducts();
        for (int start = 0; start < table.Rows; start += block)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke((double)start / table.Rows);
            int count = Math.Min(block, table.Rows - start);
            Span<double> centred = rows.AsSpan(0, count * d);
            for (int r = 0; r < count; r++)
            {
                Span<double> row = centred.Slice(r * d, d);
                table.CopyRow(start + r, row);
                for (int i = 0; i < d; i++) row[i] += shift - mean[i];
            }

            products.Add(d, d, count, centred, centred, true, covariance);
        }

        VectorOps.Scale(1.0 / table.Rows, covariance, covariance);
        if (table.Levels > 0)
            for (int i = 0; i < d; i++) covariance[i * (d + 1)] += UniformVariance;
        return new DataMoments(table, mean, covariance, table.Levels > 0 ? pointBound / table.Rows : double.NaN);
    }

    /// <summary>
    /// Mean log-likelihood of these rows under the normal distribution with the mean and covariance of others, in nats; minus infinity where that covariance is singular:
    /// -1/2 (D log 2 pi + log det S + tr S^-1 (C + m m^T)), m the difference of the means. Cost about D^3.
    /// </summary>
    /// <param name="others">The rows that the normal distribution was fitted to.</param>
    /// <exception cref="ArgumentException">Another number of columns.</exception>
    public double UnderGaussianOf(DataMoments others)
    {
        int d = Dimension;
        if (others.Dimension != d) throw new ArgumentException($"DataMoments: {d} columns under the normal distribution of {others.Dimension}; they must be equal.");
        double[] factor = (double[])others._covariance.Clone(), right = (double[])_covariance.Clone();
        if (Cholesky.Factor<double>(factor, d) >= 0) return double.NegativeInfinity;
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) right[(i * d) + j] += (_mean[i] - others._mean[i]) * (_mean[j] - others._mean[j]);
        double sum = (d * Math.Log(2 * Math.PI)) + Cholesky.LogDet<double>(factor, d);
        Cholesky.Solve<double>(factor, d, right, d);
        for (int i = 0; i < d; i++) sum += right[i * (d + 1)];
        return -0.5 * sum;
    }

    private static double[] Spectrum(double[] matrix, int d)
    {
        var values = new double[d];
        SymmetricEigenvalues.Compute<double>(matrix, d, values);
        Array.Reverse(values);
        for (int i = 0; i < d; i++) values[i] = Math.Max(0, values[i]);
        return values;
    }
}
