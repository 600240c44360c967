using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Kullback-Leibler divergence of a model q from a known density p, from rows drawn from p: the mean of log p - log q, row by row.</summary>
/// <remarks>Which rows were drawn hardly shows, because log p and log q go up and down together: near q = p the standard error vanishes with the divergence. That of the test loss does not.</remarks>
/// <param name="Nats">E[log p(x) - log q(x)] in nats; 0 for q = p, and but for the luck of the rows never below.</param>
/// <param name="StandardError">Standard error of <paramref name="Nats"/> over the rows.</param>
/// <param name="Rows">Number of rows.</param>
public readonly record struct DivergenceEstimate(double Nats, double StandardError, int Rows)
{
    /// <summary>From rows of the plane and log q of each (nats).</summary>
    /// <exception cref="ArgumentException">The table is not of two columns, or has another number of rows.</exception>
    /// <exception cref="OutsideDomainException">A row cannot have been drawn from <paramref name="truth"/>: its density there is zero.</exception>
    public static DivergenceEstimate Of(IToyDensity truth, Table table, ReadOnlySpan<double> logModel)
    {
        if (table.Columns != 2 || table.Rows != logModel.Length || logModel.IsEmpty)
            throw new ArgumentException($"{table.Name} has {table.Rows} rows x {table.Columns} for {logModel.Length} log-densities; expected as many rows of 2 columns, at least one.");
        var excess = new double[table.Rows];
        double mean = 0, variance = 0;
        for (int r = 0; r < excess.Length; r++)
        {
            double truly = truth.LogDensity(table[r, 0], table[r, 1]);
            if (double.IsNegativeInfinity(truly)) throw new OutsideDomainException($"{table.Name}: row {r} lies where {truth.Name} has no density; expected rows drawn from it.");
            excess[r] = truly - logModel[r];
            mean += excess[r];
        }

        mean /= excess.Length;
        foreach (double e in excess) variance += (e - mean) * (e - mean);
        variance /= Math.Max(1, excess.Length - 1);
        return new DivergenceEstimate(mean, Math.Sqrt(variance / excess.Length), excess.Length);
    }
}
