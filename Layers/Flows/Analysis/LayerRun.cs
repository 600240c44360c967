using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The audit of one subject: exact once, training draw by draw, and what follows from the two.</summary>
internal sealed class LayerRun(Flow<double> flow, Tape<double> tape, StoreSnapshot state, AuditSubject subject, AuditOptions options, CancellationToken stop)
{
    // Above this the map of training is another one, and its log-determinant is no estimate of the evaluated map's.
    private const double SameMap = 1e-6;

    private readonly FindingList _findings = new();

    public LayerAudit Run(int few, double slow)
    {
        string kind = subject.Layer?.Kind ?? "flow", strategy = AuditStrategies.NameOf(subject.Layer);
        options.Progress?.Invoke($"{subject.Name} {kind}", 0, options.Draws);
        var exactTimes = new List<double>();
        AuditPass exact = RunExact(few, slow, exactTimes);
        EstimatorMoments[] formula = CheckReference(exact);
        IReadOnlyList<ParameterStore<double>.Entry> touched = [.. subject.Entries.Where(e => subject.Pick(exact.Gradient, [e]).AsSpan().ContainsAnyExcept(0.0))];
        IJacobianLayer<double>[] sites = [.. IJacobianLayer<double>.In(subject.Layer is { } one ? [one] : flow.Transforms)];

        var values = new ValueSample(exact.Values, formula, composed: subject.Layer is null || subject.Layer.Inner.Any());
        GradientSample? parameters = touched.Count == 0 ? null : new GradientSample("parameters", subject.Pick(exact.Gradient, touched), Target(exact, touched, sites));
        GradientSample? input = exact.InputGradient.AsSpan().ContainsAnyExcept(0.0) ? new GradientSample("input", exact.InputGradient, exact.InputGradient) : null;
        List<SiteSample> parts = Sites(exact, touched, sites);

        var times = new List<double>();
        AuditPass? last = null;
        double difference = 0, penalty = 0;
        int n = 0;
        for (bool varies = false; n < options.Draws && (varies || n < Math.Min(few, options.Draws)); n++)
        {
            stop.ThrowIfCancellationRequested();
            state.Restore();
            AuditPass pass = subject.Run(tape, FlowMode.Train, options.Key, n, withPenalty: n == 0);
            values.Add(pass.Values);
            parameters?.Add(subject.Pick(pass.Gradient, touched));
            input?.Add(pass.InputGradient);
            foreach (SiteSample part in parts) part.Sample.Add(subject.Pick(pass.Gradient, part.Weight));
            times.Add(pass.Milliseconds);
            difference = Math.Max(difference, Difference(pass.Output, exact.Output));
            if (n == 0 && pass.PenaltyGradient.Length > 0) penalty = Length(subject.Pick(pass.PenaltyGradient, touched));
            varies = values.Varies || parameters is { Varies: true } || input is { Varies: true };
            last = pass;
            options.Progress?.Invoke($"{subject.Name} {kind}", n + 1, options.Draws);
        }

        state.Restore();
        return Conclude(kind, strategy, n, difference, penalty, exact, last!, values, parameters, input, parts, times, exactTimes);
    }

    private LayerAudit Conclude(
        string kind, string strategy, int draws, double difference, double penalty, AuditPass exact, AuditPass train, ValueSample values, GradientSample? parameters, GradientSample? input,
        List<SiteSample> parts, List<double> times, List<double> exactTimes)
    {
        int d = flow.Dimension;
        double size = Math.Max(1, exact.Values.Max(Math.Abs));
        bool same = difference <= SameMap, notFinite = !double.IsFinite(difference);
        if (notFinite) _findings.Fail($"in training the output is not finite");
        else if (!same && train.ValueKind == ValueKind.Exact) _findings.Fail($"declares an exact log-determinant, but in training it maps rows elsewhere, by up to {difference:G4}");
        else if (!same) _findings.Warn($"in training it maps rows elsewhere than in evaluation, by up to {difference:G4}: differences of value and gradient include that");
        if (subject.Layer is IJacobianLayer<double> { Strategy: { } declared } && (declared.Value != train.ValueKind || declared.Gradient != train.GradientKind))
            _findings.Fail($"strategy {declared.Name} declares value {declared.Value} and gradient {declared.Gradient}, but records {train.ValueKind} and {train.GradientKind}");

        // A map that is off by a relative difference has a log-determinant that is off by about D times that.
        double allowance = (1e-9 * size) + (100 * d * difference);
        int before = _findings.All.Count;
        ValueAudit value = values.Finish(train.ValueKind, notFinite ? double.PositiveInfinity : allowance, _findings);
        // What the value's sample cannot show, the gradient's cannot either.
        bool trusted = _findings.All.Skip(before).All(f => f.Level != AuditLevel.Warning);
        // Of a biased gradient the matrices by themselves say more than all numbers together.
        GradientAudit? ofParameters = parameters?.Finish(train.GradientKind, trusted, same, parts.Count > 0 && train.GradientKind == GradientKind.Biased ? new FindingList() : _findings);
        GradientAudit? ofInput = input?.Finish(InputKind(train.GradientKind), trusted, same, _findings);
        if (ofParameters is not null) ofParameters = ofParameters with { PenaltyShare = penalty / ofParameters.ExactNorm };
        List<GradientAudit> sites = [];
        foreach (SiteSample part in parts) sites.Add(part.Sample.Finish(part.Kind, trusted, same, part.IsInner || part.Kind == GradientKind.Biased ? _findings : new FindingList()));
        var cost = new CostAudit(Median(times), Median(exactTimes), train.Nodes, exact.Nodes, train.Bytes, exact.Bytes);
        bool varies = values.Varies || parameters is { Varies: true } || input is { Varies: true };
        return new LayerAudit(subject.Name, kind, strategy, draws, varies, difference, value, ofParameters, ofInput, sites, cost, _findings.All) { GradientKind = train.GradientKind };
    }

    // The gradient that goes on to the layers before is the true one where the matrix alone is preconditioned.
    private static GradientKind InputKind(GradientKind kind) => kind == GradientKind.Preconditioned ? GradientKind.Exact : kind;

    private AuditPass RunExact(int few, double slow, List<double> times)
    {
        AuditPass pass = subject.Run(tape, FlowMode.Evaluate, options.Key, 0);
        times.Add(pass.Milliseconds);
        for (int i = 1; i < few && times[^1] < slow; i++)
        {
            stop.ThrowIfCancellationRequested();
            times.Add(subject.Run(tape, FlowMode.Evaluate, options.Key, 0).Milliseconds);
        }
        return pass;
    }

    // The reference itself against brute force, and an estimator's moments by formula, on a few rows.
    private EstimatorMoments[] CheckReference(AuditPass exact)
    {
        int d = flow.Dimension;
        if (subject.Layer is not { } layer || d > options.DenseLimit || flow.ContextWidth > 0) return [];
        if (exact.Bytes / subject.Rows * d > options.MemoryLimit / 2) return [];
        int rows = Math.Min(options.DenseRows, subject.Rows);
        ILogDetEstimator<double>? estimator = AuditStrategies.EstimatorOf(layer);
        double[] dense = new double[rows];
        var moments = new List<EstimatorMoments>();
        for (int r = 0; r < rows; r++)
        {
            stop.ThrowIfCancellationRequested();
            double[] jacobian = DenseJacobian.Of<double>(tape, subject.Row(r), (t, v) => layer.Forward(t, v, new StepContext()).Output);
            dense[r] = DenseJacobian.LogAbsDet(jacobian, d);
            for (int i = 0; i < d; i++) jacobian[(i * d) + i] -= 1;
            if (estimator is not null) moments.Add(estimator.Moments(jacobian, d));
        }

        ReadOnlySpan<double> own = exact.Values.AsSpan(0, rows);
        for (int r = 0; r < rows; r++)
        {
            if (Math.Abs(own[r] - dense[r]) <= 1e-6 * Math.Max(1, Math.Abs(dense[r]))) continue;
            string nature = LogDetMismatch.Nature(own, dense) is { } n ? ": " + n : "";
            _findings.Fail($"the exact log-determinant in evaluation is {own[r]:G6} where the dense Jacobian has {dense[r]:G6} (row {r}){nature}");
            break;
        }

        return moments.Any(m => double.IsNaN(m.Variance)) ? [] : [.. moments];
    }

    private double[]? Target(AuditPass exact, IReadOnlyList<ParameterStore<double>.Entry> touched, IJacobianLayer<double>[] sites)
    {
        if (!sites.Any(s => s.Strategy.Gradient == GradientKind.Preconditioned)) return exact.GradientKind == GradientKind.Exact ? subject.Pick(exact.Gradient, touched) : null;
        if (!sites.Where(s => s.Strategy.Gradient == GradientKind.Preconditioned).All(PreconditionedGradient.IsKnown)) return null;
        double[] target = [.. exact.Gradient];
        foreach (IJacobianLayer<double> site in sites)
            if (PreconditionedGradient.IsKnown(site)) PreconditionedGradient.Apply(flow.Store, subject, site.Site, target);
        return subject.Pick(target, touched);
    }

    // The matrices and kernels that strategies look after, each by itself; of a whole flow the layers have told that.
    private List<SiteSample> Sites(AuditPass exact, IReadOnlyList<ParameterStore<double>.Entry> touched, IJacobianLayer<double>[] sites)
    {
        var list = new List<SiteSample>();
        foreach (IJacobianLayer<double> site in sites)
        {
            ParameterStore<double>.Entry[] weight = [.. touched.Where(e => e.Var == site.Site.Weight)];
            if (subject.Layer is null || weight.Length == 0) continue;
            var sample = new GradientSample(weight[0].Name, subject.Pick(exact.Gradient, weight), Target(exact, weight, [site]));
            list.Add(new SiteSample(sample, site.Strategy.Gradient, weight, !ReferenceEquals(site, subject.Layer)));
        }
        return list;
    }

    private sealed record SiteSample(GradientSample Sample, GradientKind Kind, ParameterStore<double>.Entry[] Weight, bool IsInner);

    private static double Difference(double[] a, double[] b)
    {
        double worst = 0, size = 1;
        for (int i = 0; i < a.Length; i++)
        {
            double off = Math.Abs(a[i] - b[i]);
            worst = double.IsNaN(off) ? double.NaN : Math.Max(worst, off);
            size = Math.Max(size, Math.Abs(b[i]));
        }
        return worst / size;
    }

    private static double Length(double[] v) => Math.Sqrt(v.Sum(x => x * x));

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
