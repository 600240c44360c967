namespace NativeFlow.Layers;

/// <summary>An equal mixture of normals of variance 1 at given centres: what a decoder with the likelihood N(x; f(z), I) amounts to that has learned one point a cluster by heart.</summary>
/// <remarks>Exact. Cost: rows x centres x columns.</remarks>
public sealed class UnitVarianceMixture
{
    private readonly double[] _centres;
    private readonly int _dimension;

    /// <summary>Makes a mixture.</summary>
    /// <param name="centres">[K x D], row-major, K from 1 on.</param>
    /// <param name="dimension">D.</param>
    /// <exception cref="ArgumentException">The sizes do not fit.</exception>
    public UnitVarianceMixture(ReadOnlySpan<double> centres, int dimension)
    {
        if (dimension < 1 || centres.Length < dimension || centres.Length % dimension != 0) throw new ArgumentException($"UnitVarianceMixture: {centres.Length} numbers are no centres of {dimension} features.", nameof(centres));
        (_centres, _dimension) = (centres.ToArray(), dimension);
    }

    /// <summary>The largest mean log-likelihood that any decoder of variance 1 can reach: -D/2 log 2 pi.</summary>
    public static double Ceiling(int dimension) => -0.5 * dimension * Math.Log(2 * Math.PI);

    /// <summary>A mixture at the mean of every cluster's rows: a table look-up. Clusters without rows have no component.</summary>
    /// <param name="table">Rows, at least one.</param>
    /// <param name="clusters">The cluster of every row, from 0.</param>
    /// <exception cref="ArgumentException">Not one cluster a row.</exception>
    public static UnitVarianceMixture AtMeans(Table table, ReadOnlySpan<int> clusters)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (clusters.Length != table.Rows || clusters.Length == 0) throw new ArgumentException($"UnitVarianceMixture: {clusters.Length} clusters for {table.Rows} rows.", nameof(clusters));
        int d = table.Columns;
        var sums = new SortedDictionary<int, (double[] Sum, int Count)>();
        var row = new double[d];
        for (int r = 0; r < table.Rows; r++)
        {
            (double[] sum, int count) = sums.TryGetValue(clusters[r], out (double[], int) known) ? known : (new double[d], 0);
            table.CopyRow(r, row.AsSpan());
            for (int j = 0; j < d; j++) sum[j] += row[j];
            sums[clusters[r]] = (sum, count + 1);
        }

        return new UnitVarianceMixture([.. sums.Values.SelectMany(s => s.Sum.Select(v => v / s.Count))], d);
    }

    /// <summary>The exact log-likelihood of every row, in nats.</summary>
    /// <exception cref="ArgumentException">Another number of columns.</exception>
    public double[] LogLikelihood(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Columns != _dimension) throw new ArgumentException($"UnitVarianceMixture: has {_dimension} features, '{table.Name}' {table.Columns}.", nameof(table));
        int k = _centres.Length / _dimension;
        double[] row = new double[_dimension], terms = new double[k], nats = new double[table.Rows];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            double most = double.NegativeInfinity;
            for (int c = 0; c < k; c++)
            {
                double energy = 0;
                for (int j = 0; j < _dimension; j++)
                {
                    double difference = row[j] - _centres[(c * _dimension) + j];
                    energy += difference * difference;
                }

                terms[c] = -0.5 * energy;
                most = Math.Max(most, terms[c]);
            }

            double sum = 0;
            foreach (double term in terms) sum += Math.Exp(term - most);
            nats[r] = Ceiling(_dimension) + most + Math.Log(sum / k);
        }

        return nats;
    }
}
