using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Noise for tables of rounded numbers: column c becomes x + u, u ~ U[0, step_c), with the column's quantisation step. Repeated values and
/// atoms then have a bounded density, and the log-likelihood of the noised rows bounds that of the rounded ones: E log p(x + u) is at most
/// log of the cell's probability minus sum log step.
/// </summary>
/// <remarks>
/// The step is that of the coarsest decimal grid (0 to 12 decimals) on which 95 of 100 training values lie: the greatest common divisor of
/// the differences between those values. The few others (9.5333 among tenths) get the same noise. A column without such a grid is
/// continuous and is left alone. Noise is a function of (seed, part, row, column), drawn once: every epoch and every model sees the same.
/// </remarks>
public sealed class ColumnNoise
{
    private const int MostDecimals = 12;
    private const double Share = 0.95;
    private const double MostSteps = 1e12;

    private readonly double[] _steps;

    private ColumnNoise(double[] steps) => _steps = steps;

    /// <summary>One step a column; 0 for a column that is not quantised.</summary>
    public ReadOnlySpan<double> Steps => _steps;

    /// <summary>Number of quantised columns.</summary>
    public int Count => _steps.Count(s => s > 0);

    /// <summary>Finds the steps of the training rows. Cost: one pass a decimal a column.</summary>
    /// <exception cref="BadInputException">Integer levels (images) have their own noise, a column never varies, or no column is quantised.</exception>
    public static ColumnNoise Detect(Table train)
    {
        if (train.Levels > 0) throw new BadInputException($"{train.Name}: has {train.Levels} integer levels, to which uniform noise is added anyway; leave out --dequantize.");
        var steps = new double[train.Columns];
        var column = new double[train.Rows];
        for (int c = 0; c < steps.Length; c++)
        {
            for (int r = 0; r < column.Length; r++) column[r] = train[r, c];
            steps[c] = StepOf(column);
            if (double.IsPositiveInfinity(steps[c])) throw new BadInputException($"{train.Name}: column {c} has the same value {column[0]:R} in all training rows, so it has no quantisation step; leave it out with --columns.");
        }

        var noise = new ColumnNoise(steps);
        return noise.Count > 0 ? noise : throw new BadInputException($"{train.Name}: no column is quantised (each has values of more than {MostDecimals} decimals); leave out --dequantize.");
    }

    /// <summary>The quantisation step of a column: 0 where there is none, infinity where all values are equal.</summary>
    public static double StepOf(ReadOnlySpan<double> values)
    {
        double unit = 1;
        for (int decimals = 0; decimals <= MostDecimals; decimals++, unit *= 10)
        {
            int whole = 0;
            foreach (double v in values)
                if (IsWhole(v, unit)) whole++;
            if (whole >= Share * values.Length) return Divisor(values, unit);
        }

        return 0;
    }

    /// <summary>The three tables with noise on their quantised columns.</summary>
    public DataSet Apply(DataSet set, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new DataSet(set.Name, Apply(set.Train, seed, 0), Apply(set.Validation, seed, 1), Apply(set.Test, seed, 2));
    }

    private Table Apply(Table table, ulong seed, ulong part)
    {
        int columns = table.Columns;
        if (columns != _steps.Length) throw new ArgumentException($"ColumnNoise: the table has {columns} columns, the noise {_steps.Length}.");
        var values = new double[table.Rows * columns];
        Kernels.RandomFill.Uniform<double>(SeedMix.Of(seed, 6), part, 0, values);
        var row = new double[columns];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow<double>(r, row);
            for (int c = 0; c < columns; c++) values[r * columns + c] = row[c] + _steps[c] * values[r * columns + c];
        }

        Table noisy = Table.FromDoubles(table.Name, table.Rows, columns, values, table.ColumnNames);
        return table.Context is null ? noisy : noisy.WithContext(table.Context);
    }

    private static double Divisor(ReadOnlySpan<double> values, double unit)
    {
        long divisor = 0, first = 0;
        bool any = false, varies = false;
        foreach (double v in values)
        {
            varies |= v != values[0];
            if (!IsWhole(v, unit)) continue;
            long whole = (long)Math.Round(v * unit);
            if (any) divisor = Gcd(divisor, Math.Abs(whole - first));
            else (first, any) = (whole, true);
        }

        // All values of the grid can be one, with a few others beside it: then there is a grid of unknown width.
        return divisor > 0 ? divisor / unit : varies ? 1 / unit : double.PositiveInfinity;
    }

    // Whether v is k/unit for a whole k: up to a few units in the last place, since some programs write 0.46880299999999997 for 0.468803. The bound on k keeps chance out.
    private static bool IsWhole(double v, double unit)
    {
        double scaled = v * unit, whole = Math.Round(scaled);
        return Math.Abs(whole) < MostSteps && Math.Abs(scaled - whole) <= 1e-15 * Math.Abs(scaled);
    }

    private static long Gcd(long a, long b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }
}
