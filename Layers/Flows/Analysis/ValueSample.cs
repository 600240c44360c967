namespace NativeFlow.Layers;

/// <summary>Estimates of a log-determinant, [rows] a draw, and what they say of its declared kind.</summary>
/// <param name="exact">Exact log-determinants [rows].</param>
/// <param name="formula">Moments by formula of the first rows; empty where none are known.</param>
/// <param name="composed">Whether it is a sum over layers, some of which may have a value.</param>
internal sealed class ValueSample(double[] exact, EstimatorMoments[] formula, bool composed)
{
    // Sample and formula disagree beyond this many standard errors of a sample variance.
    private const double VarianceErrors = 5;

    private readonly List<double[]> _draws = [];

    public bool Varies { get; private set; }

    public void Add(double[] values)
    {
        if (_draws.Count > 0 && !values.AsSpan().SequenceEqual(_draws[0])) Varies = true;
        _draws.Add(values);
    }

    /// <summary>The numbers; what they contradict goes to <paramref name="findings"/>.</summary>
    /// <param name="kind">Declared kind.</param>
    /// <param name="allowance">What rounding, and a map that differs in training, may make up, in nats.</param>
    /// <param name="findings">Grows.</param>
    public ValueAudit Finish(ValueKind kind, double allowance, FindingList findings)
    {
        int n = _draws.Count, rows = exact.Length;
        double exactMean = exact.Average();
        if (kind == ValueKind.None)
        {
            if (!composed && _draws.Any(d => d.Any(v => v != 0)))
                findings.Fail($"declares no value (None), yet records {_draws[0][0]:G4}: a number that could be taken for a log-determinant must be 0");
            return new ValueAudit(kind, exactMean, double.NaN, double.NaN, double.NaN, double.NaN);
        }

        (double mean, double error) = ErrorBars.Of([.. _draws.Select(d => d.Average())]);
        double variance = 0, second = 0;
        for (int r = 0; r < rows; r++)
        {
            variance += RowVariance(r) / rows;
            second += _draws.Average(d => d[r] * d[r]) / rows;
        }

        if (!double.IsFinite(mean))
        {
            int bad = _draws.Sum(d => d.Count(v => !double.IsFinite(v)));
            findings.Fail($"{bad} of {n * rows} values are not finite");
            return new ValueAudit(kind, exactMean, mean, error, variance, second);
        }

        double share = LargestShare();
        var audit = new ValueAudit(kind, exactMean, mean, error, variance, second) { LargestShare = share };
        bool trusted = true;
        if (formula.Length > 0) audit = WithFormula(audit, allowance, findings, out trusted);
        if (trusted && share > 0.25 && n >= 20)
            findings.Warn($"one of {n} draws makes {share:P0} of the sample variance: too few draws to show it");
        Judge(audit, allowance, trusted, findings);
        return audit;
    }

    private void Judge(ValueAudit audit, double allowance, bool trusted, FindingList findings)
    {
        int n = _draws.Count;
        if (audit.Kind == ValueKind.Exact)
        {
            (double worst, int row) = Largest(_draws[0]);
            foreach (double[] d in _draws) if (Largest(d).Worst > worst) (worst, row) = Largest(d);
            if (worst > allowance) findings.Fail($"declared Exact, but off by up to {worst:G4} nats (row {row}, exact {exact[row]:G6}){Nature(_draws[0])}");
            return;
        }
        double bound = ErrorBars.Bound(ErrorBars.One, n), off = Math.Abs(audit.Bias);
        if (audit.Kind != ValueKind.Unbiased || off <= allowance + (bound * audit.StandardError)) return;
        FormattableString text = $"declared Unbiased, but its mean is off by {audit.Bias:G4} nats, {off / audit.StandardError:F1} standard errors of {n} draws{(Varies ? "" : "; nothing in it is random")}";
        string said = FormattableString.Invariant(text);
        if (trusted) findings.Fail($"{said}: the estimate is biased, as from a wrong weight of a term or a series that is cut off");
        else findings.Warn($"{said}; the sample cannot show the variance, so this is no proof");
    }

    // A formula exists: holds sample moments against it.
    private ValueAudit WithFormula(ValueAudit audit, double allowance, FindingList findings, out bool trusted)
    {
        int n = _draws.Count, m = formula.Length;
        double byFormula = formula.Average(f => f.Variance), sample = Enumerable.Range(0, m).Average(RowVariance), formulaMean = formula.Average(f => f.Mean);
        audit = audit with
        {
            FormulaMean = formulaMean,
            FormulaVariance = byFormula,
            FormulaRowsVariance = sample,
            FormulaSecondMoment = formula.Average(f => f.Variance + (f.Mean * f.Mean)),
        };
        trusted = true;
        if (double.IsPositiveInfinity(byFormula))
        {
            trusted = false;
            findings.Warn($"infinite variance: the second moment does not exist, so the sample variance {audit.Variance:G4} of {n} draws means nothing and averages need not settle; stop less often, or take another estimator");
        }
        else if (double.IsFinite(byFormula))
        {
            double spread = Math.Sqrt((Math.Max(3, Kurtosis(m)) - 1) / n) * VarianceErrors, rounding = allowance * allowance;
            if (sample + rounding < byFormula * Math.Max(0.05, 1 - spread))
            {
                trusted = false;
                // The variance that the draws missed belongs to the standard error all the same.
                audit = audit with { StandardError = Math.Max(audit.StandardError, formula.Average(f => Math.Sqrt(f.Variance / n))) };
                findings.Warn($"the sample variance {sample:G4} is far below the formula's {byFormula:G4}: the rest comes from events rarer than one in {n} draws; judge by the formula, or take more draws");
            }
            else if (sample - rounding > byFormula * (1 + spread))
            {
                findings.Warn($"the sample variance {sample:G4} is far above the formula's {byFormula:G4}: the estimator is noisier than it should be");
            }
        }

        if (!trusted || !double.IsFinite(formulaMean)) return audit;
        (double mean, double error) = ErrorBars.Of([.. _draws.Select(d => d.Take(m).Average())]);
        double off = Math.Abs(mean - formulaMean);
        if (off > allowance + (ErrorBars.Bound(ErrorBars.One, n) * error) && audit.Kind != ValueKind.Unbiased)
            findings.Fail($"its mean is {mean:G6} where its formula says {formulaMean:G6}, {off / error:F1} standard errors apart: it does not compute what it claims");
        return audit;
    }

    private (double Worst, int Row) Largest(double[] values)
    {
        (double worst, int row) = (0, 0);
        for (int r = 0; r < values.Length; r++)
            if (Math.Abs(values[r] - exact[r]) > worst) (worst, row) = (Math.Abs(values[r] - exact[r]), r);
        return (worst, row);
    }

    private string Nature(double[] values) => LogDetMismatch.Nature(values, exact) is { } nature ? $": {nature}" : "";

    private double RowVariance(int row)
    {
        double mean = _draws.Average(d => d[row]);
        return _draws.Sum(d => (d[row] - mean) * (d[row] - mean)) / Math.Max(1, _draws.Count - 1);
    }

    private double Kurtosis(int rows)
    {
        double fourth = 0, square = 0;
        for (int r = 0; r < rows; r++)
        {
            double mean = _draws.Average(d => d[r]);
            fourth += _draws.Average(d => Math.Pow(d[r] - mean, 4));
            square += Math.Pow(_draws.Average(d => (d[r] - mean) * (d[r] - mean)), 2);
        }
        return square > 0 ? fourth / square : 3;
    }

    private double LargestShare()
    {
        double[] means = [.. _draws.Select(d => d.Average())];
        double mean = means.Average(), sum = means.Sum(v => (v - mean) * (v - mean));
        return sum > 0 ? means.Max(v => (v - mean) * (v - mean)) / sum : 0;
    }
}
