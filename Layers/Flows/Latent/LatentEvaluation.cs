using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// What is known of a latent-variable model's likelihood: lower bounds, by draws of its posterior. Draw k of row r is a function of
/// (key, k, r), so that two models of one width see the same noise. Memory is bounded, whatever K and the number of rows.
/// </summary>
public static class LatentEvaluation
{
    /// <summary>Evidence lower bound of every row of a table with <paramref name="draws"/> draws each.</summary>
    /// <exception cref="BadInputException">The table does not fit the model.</exception>
    public static EvidenceLowerBound LowerBound<T>(LatentModel<T> model, Table table, int draws, ulong key, CancellationToken cancel = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] logLikelihood = new double[table.Rows], divergence = new double[table.Rows], bound = new double[table.Rows];
        Run(model, table, draws, key, null, (row, terms) =>
        {
            logLikelihood[row] += terms.LogLikelihood / draws;
            divergence[row] += terms.Divergence / draws;
        }, null, cancel);
        for (int r = 0; r < bound.Length; r++) bound[r] = logLikelihood[r] - divergence[r];
        (double nats, double error) = MeanAndError(bound);
        return new EvidenceLowerBound(nats, error, MeanAndError(logLikelihood).Mean, MeanAndError(divergence).Mean, draws, table.Rows);
    }

    /// <summary>Importance-weighted bound LL_K of a table. Cost: K decoder passes over the rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Rows; 0 and 1 for a Bernoulli likelihood.</param>
    /// <param name="samples">K.</param>
    /// <param name="key">Key of the draws.</param>
    /// <param name="progress">Told the done part, 0 to 1; null for nobody.</param>
    /// <param name="cancel">Stops between two passes.</param>
    /// <exception cref="BadInputException">The table does not fit the model.</exception>
    public static ImportanceWeightedBound ImportanceWeighted<T>(LatentModel<T> model, Table table, int samples, ulong key, Action<double>? progress = null, CancellationToken cancel = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (double nats, double error) = MeanAndError(LogMeanWeights(model, table, samples, key, null, progress, cancel));
        return new ImportanceWeightedBound(nats, error, samples, table.Rows);
    }

    /// <summary>log(1/K sum of w_k) of every row, by a running log-sum-exp in double.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Rows.</param>
    /// <param name="samples">K.</param>
    /// <param name="key">Key of the draws.</param>
    /// <param name="term">Added to every log weight; with one the result is no bound any more.</param>
    /// <param name="progress">Told the done part, 0 to 1; null for nobody.</param>
    /// <param name="cancel">Stops between two passes.</param>
    /// <exception cref="BadInputException">The table does not fit the model.</exception>
    public static double[] LogMeanWeights<T>(LatentModel<T> model, Table table, int samples, ulong key, ILogWeightTerm<T>? term = null, Action<double>? progress = null, CancellationToken cancel = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] largest = new double[table.Rows], sum = new double[table.Rows];
        Array.Fill(largest, double.NegativeInfinity);
        Run(model, table, samples, key, term, (row, terms) =>
        {
            double weight = terms.LogLikelihood - terms.Divergence + terms.Term;
            if (weight > largest[row])
            {
                sum[row] = sum[row] * Math.Exp(largest[row] - weight) + 1;
                largest[row] = weight;
            }
            else
            {
                sum[row] += Math.Exp(weight - largest[row]);
            }
        }, progress, cancel);
        for (int r = 0; r < sum.Length; r++) largest[r] += Math.Log(sum[r] / samples);
        return largest;
    }

    /// <summary>Mean and its standard error over rows.</summary>
    public static (double Mean, double StandardError) MeanAndError(ReadOnlySpan<double> rows)
    {
        double mean = 0, variance = 0;
        foreach (double r in rows) mean += r;
        mean /= rows.Length;
        foreach (double r in rows) variance += (r - mean) * (r - mean);
        return (mean, Math.Sqrt(variance / Math.Max(1, rows.Length - 1) / rows.Length));
    }

    /// <summary>Draws from the model, [count x data columns]: w ~ N(0, I), then the mean of p(x | w), or a draw of it.</summary>
    public static T[] Sample<T>(LatentModel<T> model, int count, ulong seed, bool mean = true) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var result = new T[count * model.DataDimension];
        using var tape = new Tape<T>(model.Backend, model.Store) { RecordsGradients = false };
        int block = BlockRows(model);
        for (int start = 0; start < count; start += block)
        {
            int rows = Math.Min(block, count - start);
            tape.Reset();
            ulong stream = (ulong)(start / block);
            Var output = model.Decode(tape, DistributionNoise.Gaussian(tape, rows, model.Latent, SeedMix.Of(seed, 1), stream));
            Var x = mean ? model.Likelihood.Mean(tape, output) : model.Likelihood.Sample(tape, output, SeedMix.Of(seed, 2), stream);
            tape.Read(x, result.AsSpan(start * model.DataDimension, rows * model.DataDimension));
        }
        return result;
    }

    /// <summary>Means of p(x | w) with w the image of the posterior's centre (noise 0) for every row, [rows x data columns].</summary>
    /// <exception cref="BadInputException">The table does not fit the model.</exception>
    public static T[] Reconstruct<T>(LatentModel<T> model, Table table) where T : unmanaged, IFloatingPointIeee754<T>
        => PerRow(model, table, model.DataDimension, static (model, tape, draw) => model.Likelihood.Mean(tape, model.Decode(tape, draw.Latent)));

    /// <summary>Tangent coordinates w of the posterior's centre (noise 0) for every row, [rows x n].</summary>
    /// <exception cref="BadInputException">The table does not fit the model.</exception>
    public static T[] Embed<T>(LatentModel<T> model, Table table) where T : unmanaged, IFloatingPointIeee754<T>
        => PerRow(model, table, model.Latent, static (_, _, draw) => draw.Latent);

    private readonly record struct RowTerms(double LogLikelihood, double Divergence, double Term);

    private static T[] PerRow<T>(LatentModel<T> model, Table table, int width, Func<LatentModel<T>, Tape<T>, LatentDraw, Var> record) where T : unmanaged, IFloatingPointIeee754<T>
    {
        model.RequireTable(table);
        var result = new T[table.Rows * width];
        using var tape = new Tape<T>(model.Backend, model.Store) { RecordsGradients = false };
        int block = BlockRows(model);
        var values = new T[block * model.DataDimension];
        for (int start = 0; start < table.Rows; start += block)
        {
            int rows = Math.Min(block, table.Rows - start);
            tape.Reset();
            (Var mean, Var rawScale) = model.Encode(tape, Rows(tape, model, table, start, rows, values));
            LatentDraw draw = model.Posterior.Record(tape, mean, rawScale, tape.Constant(0, rows, model.Latent), new StepContext());
            tape.Read(record(model, tape, draw), result.AsSpan(start * width, rows * width));
        }
        return result;
    }

    // Rows are encoded once; every draw is a pass of its own from there.
    private static void Run<T>(LatentModel<T> model, Table table, int draws, ulong key, ILogWeightTerm<T>? term, Action<int, RowTerms> add, Action<double>? progress, CancellationToken cancel)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        model.RequireTable(table);
        using var tape = new Tape<T>(model.Backend, model.Store) { RecordsGradients = false };
        int block = BlockRows(model);
        var values = new T[block * model.DataDimension];
        T[] logLikelihood = new T[block], divergence = new T[block], extra = new T[block];
        for (int start = 0; start < table.Rows; start += block)
        {
            int rows = Math.Min(block, table.Rows - start);
            tape.Reset();
            Var x = Rows(tape, model, table, start, rows, values);
            model.Likelihood.Check(values.AsSpan(0, rows * model.DataDimension));
            (Var mean, Var rawScale) = model.Encode(tape, x);
            TapeMark mark = tape.Mark();
            ulong blockKey = SeedMix.Of(key, (ulong)start);
            for (int k = 0; k < draws; k++)
            {
                cancel.ThrowIfCancellationRequested();
                tape.Release(mark);
                LatentTerms terms = model.Record(tape, x, mean, rawScale, blockKey, (ulong)k);
                tape.Read(terms.LogLikelihood, logLikelihood.AsSpan(0, rows));
                tape.Read(terms.Draw.Divergence(tape), divergence.AsSpan(0, rows));
                if (term is not null) tape.Read(term.Record(tape, model, terms.Draw), extra.AsSpan(0, rows));
                for (int r = 0; r < rows; r++)
                {
                    var at = new RowTerms(double.CreateTruncating(logLikelihood[r]), double.CreateTruncating(divergence[r]), double.CreateTruncating(extra[r]));
                    if (!double.IsFinite(at.LogLikelihood - at.Divergence + at.Term))
                        throw new NonFiniteException($"{table.Name}: row {start + r}, draw {k}: the log weight is {at.LogLikelihood - at.Divergence + at.Term}; first bad value in {tape.FindNonFinite()?.TrimEnd('.') ?? "the weight itself"}.");
                    add(start + r, at);
                }
                progress?.Invoke((start + rows * (k + 1.0) / draws) / table.Rows);
            }
        }
    }

    private static Var Rows<T>(Tape<T> tape, LatentModel<T> model, Table table, int start, int rows, T[] values) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = model.DataDimension;
        for (int r = 0; r < rows; r++) table.CopyRow(start + r, values.AsSpan(r * columns, columns));
        return tape.Input(values.AsSpan(0, rows * columns), rows, columns);
    }

    // About half a million numbers in the widest layer.
    private static int BlockRows<T>(LatentModel<T> model) where T : unmanaged, IFloatingPointIeee754<T>
        => Math.Max(1, (1 << 19) / Math.Max(model.DataDimension, model.Options.Hidden));
}
