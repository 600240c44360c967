using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Probabilistic PCA with noise of variance 1, N(m, W W^T + I): the best linear variational autoencoder of n latent dimensions under the likelihood
/// N(x; f(z), I), by maximum likelihood in closed form, with its exact log-likelihood.
/// </summary>
/// <remarks>
/// W W^T = U diag(max(lambda_i - 1, 0)) U^T over the n largest eigenvalues of the covariance of the training rows. In double; cost one
/// symmetric eigenproblem. Source: Tipping and Bishop 1999, with the variance of the noise given.
/// </remarks>
public sealed class UnitVariancePpca
{
    private readonly double[] _mean, _directions, _shrink;
    private readonly double _constant;

    private UnitVariancePpca(double[] mean, double[] directions, double[] shrink, double constant) => (_mean, _directions, _shrink, _constant) = (mean, directions, shrink, constant);

    /// <summary>Directions kept: those of the n largest eigenvalues that exceed 1.</summary>
    public int Kept => _shrink.Length;

    /// <summary>Fits the training rows.</summary>
    /// <param name="train">At least one row.</param>
    /// <param name="latent">n from 0 to the number of columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another n, or no rows.</exception>
    public static UnitVariancePpca Fit(Table train, int latent) => Fit(train, [latent])[0];

    /// <summary>Fits for several n at the cost of one eigenproblem.</summary>
    /// <param name="train">At least one row.</param>
    /// <param name="latent">Numbers from 0 to the number of columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another n, or no rows.</exception>
    public static UnitVariancePpca[] Fit(Table train, ReadOnlySpan<int> latent)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfLessThan(train.Rows, 1, nameof(train));
        int d = train.Columns;
        foreach (int n in latent)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(n, nameof(latent));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(n, d, nameof(latent));
        }

        double[] x = new double[train.Rows * d], mean = new double[d], covariance = new double[d * d], values = new double[d], vectors = new double[d * d];
        for (int r = 0; r < train.Rows; r++) train.CopyRow(r, x.AsSpan(r * d, d));
        for (int i = 0; i < x.Length; i++) mean[i % d] += x[i] / train.Rows;
        for (int i = 0; i < x.Length; i++) x[i] -= mean[i % d];
        for (int r = 0; r < train.Rows; r++)
        {
            ReadOnlySpan<double> row = x.AsSpan(r * d, d);
            for (int i = 0; i < d; i++)
                for (int j = 0; j < d; j++) covariance[(i * d) + j] += row[i] * row[j] / train.Rows;
        }

        SymmetricEigen.Decompose<double>(covariance, d, values, vectors);
        int[] order = [.. Enumerable.Range(0, d).OrderByDescending(i => values[i])];
        var fits = new UnitVariancePpca[latent.Length];
        for (int f = 0; f < fits.Length; f++)
        {
            int[] kept = [.. order.Take(latent[f]).Where(i => values[i] > 1)];
            var directions = new double[kept.Length * d];
            for (int k = 0; k < kept.Length; k++)
                for (int j = 0; j < d; j++) directions[(k * d) + j] = vectors[(j * d) + kept[k]];
            double constant = -0.5 * ((d * Math.Log(2 * Math.PI)) + kept.Sum(i => Math.Log(values[i])));
            fits[f] = new UnitVariancePpca(mean, directions, [.. kept.Select(i => 1 - (1 / values[i]))], constant);
        }

        return fits;
    }

    /// <summary>The exact log-likelihood of every row, in nats.</summary>
    /// <exception cref="ArgumentException">Another number of columns.</exception>
    public double[] LogLikelihood(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        int d = _mean.Length;
        if (table.Columns != d) throw new ArgumentException($"UnitVariancePpca: fitted to {d} columns, '{table.Name}' has {table.Columns}.", nameof(table));
        double[] row = new double[d], nats = new double[table.Rows];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            double energy = 0;
            for (int j = 0; j < d; j++)
            {
                row[j] -= _mean[j];
                energy += row[j] * row[j];
            }

            for (int k = 0; k < _shrink.Length; k++)
            {
                double along = 0;
                for (int j = 0; j < d; j++) along += _directions[(k * d) + j] * row[j];
                energy -= _shrink[k] * along * along;
            }

            nats[r] = _constant - (0.5 * energy);
        }

        return nats;
    }
}
