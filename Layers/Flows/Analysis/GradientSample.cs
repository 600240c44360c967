namespace NativeFlow.Layers;

/// <summary>Training gradients of one draw after the other against the exact one, and what they say of the declared kind. A few vectors of memory, whatever the number of draws.</summary>
internal sealed class GradientSample
{
    private const int Directions = 8;

    /// <summary>Relative error that rounding in double may make up.</summary>
    public const double Rounding = 1e-6;

    private readonly string _name;
    private readonly double[] _exact, _target, _mean;
    private readonly double[] _targetAlong;
    private readonly List<double[]> _along = [];
    private readonly double _norm, _targetNorm;
    private double[]? _first;
    private double _square;
    private int _notFinite;
    private bool _varies;

    /// <summary>Makes the sample.</summary>
    /// <param name="name">What the gradient is of.</param>
    /// <param name="exact">The exact gradient.</param>
    /// <param name="target">What the mean must be: the exact gradient, for <see cref="GradientKind.Preconditioned"/> times its matrix; null where that is not known.</param>
    public GradientSample(string name, double[] exact, double[]? target)
    {
        (_name, _exact, _target, _mean) = (name, exact, target ?? exact, new double[exact.Length]);
        HasTarget = target is not null;
        (_norm, _targetNorm) = (Math.Sqrt(Dot(exact, exact)), Math.Sqrt(Dot(_target, _target)));
        _targetAlong = Along(_target);
    }

    /// <summary>Whether a preconditioned gradient has a target of its own.</summary>
    public bool HasTarget { get; }

    /// <summary>Whether any two draws differ.</summary>
    public bool Varies => _varies;

    public void Add(double[] gradient)
    {
        if (_first is null) _first = gradient;
        else if (!gradient.AsSpan().SequenceEqual(_first)) _varies = true;
        double[] along = Along(gradient);
        if (!double.IsFinite(along[Directions])) _notFinite++;
        _along.Add(along);
        double square = 0;
        int n = _along.Count;
        for (int i = 0; i < gradient.Length; i++)
        {
            double change = gradient[i] - _mean[i];
            _mean[i] += change / n;
            square += change * (gradient[i] - _mean[i]);
        }
        _square += square;
    }

    /// <summary>The numbers; what they contradict goes to <paramref name="findings"/>.</summary>
    /// <param name="kind">Declared kind.</param>
    /// <param name="trusted">Whether the sample shows its variance; otherwise a bias is no proof.</param>
    /// <param name="sameMap">Whether training maps the rows as evaluation does; otherwise differences are expected.</param>
    /// <param name="findings">Grows.</param>
    public GradientAudit Finish(GradientKind kind, bool trusted, bool sameMap, FindingList findings)
    {
        int n = _along.Count;
        double meanNorm = Math.Sqrt(Dot(_mean, _mean)), product = Dot(_mean, _exact), error = Distance(_mean, _exact) / _norm;
        double variance = _square / Math.Max(1, n - 1) / (_norm * _norm), worst = 0;
        for (int k = 0; k <= Directions && _varies; k++)
        {
            (double mean, double se) = ErrorBars.Of([.. _along.Select(a => a[k])]);
            double off = Math.Abs(mean - _targetAlong[k]) - (Rounding * _targetNorm);
            if (off > 0) worst = Math.Max(worst, off / se);
        }

        var audit = new GradientAudit(_name, kind, _exact.Length, _norm, product / (meanNorm * _norm), product / (_norm * _norm), error, variance, Math.Sqrt(variance / n), worst)
        {
            PreconditionedError = kind == GradientKind.Preconditioned && HasTarget ? Distance(_mean, _target) / _targetNorm : double.NaN,
        };
        if (_notFinite > 0)
        {
            findings.Fail($"gradient of the {_name}: not finite in {_notFinite} of {n} draws");
            return audit;
        }

        if (sameMap) Judge(audit, n, trusted, findings);
        return audit;
    }

    private void Judge(GradientAudit audit, int n, bool trusted, FindingList findings)
    {
        string whose = _name is "parameters" or "input" ? $"gradient of the {_name}" : $"gradient of {_name}";
        switch (audit.Kind)
        {
            case GradientKind.Exact:
                if (!(audit.RelativeError <= Rounding)) findings.Fail($"{whose}: declared Exact, but off by {audit.RelativeError:G3} of its length (cosine {audit.Cosine:F4}, scale {audit.Scale:F4}){Nature(audit)}");
                break;
            case GradientKind.Preconditioned when HasTarget:
                if (!(audit.PreconditionedError <= Rounding)) findings.Fail($"{whose}: declared Preconditioned, but off by {audit.PreconditionedError:G3} of its length from the exact gradient times H^T H");
                break;
            case GradientKind.Preconditioned:
                if (!(audit.Cosine > 0)) findings.Fail($"{whose}: declared Preconditioned, but points away from the exact one (cosine {audit.Cosine:F4}); no positive matrix does that");
                break;
            case GradientKind.Unbiased:
                {
                    bool off = _varies ? audit.BiasInErrors > ErrorBars.Bound(ErrorBars.LargestOfTen, n) : audit.RelativeError > Rounding;
                    if (!off) break;
                    string by = _varies ? FormattableString.Invariant($"{audit.BiasInErrors:F1} standard errors of {n} draws in one direction") : FormattableString.Invariant($"{audit.RelativeError:G3} of its length, with nothing random in it");
                    if (trusted) findings.Fail($"{whose}: declared Unbiased, but its mean is off by {by} (scale {audit.Scale:F4}){Nature(audit)}");
                    else findings.Warn($"{whose}: its mean is off by {by}; the sample cannot show the variance, so this is no proof");
                    break;
                }

            default:
                if (!(audit.Cosine > 0)) findings.Warn($"{whose}: points away from the exact one (cosine {audit.Cosine:F4}): training climbs where it should descend");
                else if (audit.Cosine < 0.9) findings.Warn($"{whose}: cosine {audit.Cosine:F4} with the exact one; the inverse that it relies on is a poor one");
                else if (Math.Abs(audit.Scale - 1) > 0.1) findings.Note($"{whose}: points the right way (cosine {audit.Cosine:F4}) with {audit.Scale:F3} of the exact length");
                break;
        }

        if (n > 2 && audit.Kind == GradientKind.Unbiased && audit.Variance > 100)
            findings.Warn($"{whose}: its noise is {Math.Sqrt(audit.Variance):F0} times its length in a single draw; a batch of these rows tells training little");
    }

    private static string Nature(GradientAudit audit)
        => audit.Cosine < -0.999 ? ": the sign is flipped" : audit.Cosine > 1 - 1e-9 && Math.Abs(audit.Scale - 1) > 1e-3 ? ": a factor is wrong" : "";

    // Projections on fixed directions of signs, of length 1, and on the target.
    private double[] Along(double[] g)
    {
        var sums = new double[Directions + 1];
        for (int i = 0; i < g.Length; i++)
        {
            ulong signs = SeedMix.Of(0x6175646974, (ulong)i);
            for (int k = 0; k < Directions; k++) sums[k] += (signs >> k & 1) == 0 ? g[i] : -g[i];
        }
        double length = Math.Sqrt(Math.Max(1, g.Length));
        for (int k = 0; k < Directions; k++) sums[k] /= length;
        sums[Directions] = Dot(g, _target) / _targetNorm;
        return sums;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static double Distance(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return Math.Sqrt(sum);
    }
}
