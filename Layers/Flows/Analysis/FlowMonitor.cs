using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Looks at volume, stretching and invertibility of every layer and of the whole flow on a fixed probe batch, between training steps.
/// All Jacobians are taken in double on a copy of the flow; training never sees it.
/// </summary>
/// <remarks>
/// Up to <see cref="FlowMonitorOptions.DenseLimit"/> features a look costs, for each layer, a forward and a backward pass of D rows and a
/// singular value decomposition (about 50 D^3 flops), once more for the flow. Above, two power iterations a layer on the probe rows, the second one
/// on the recorded inverse, and only where that is exact and cheap (<see cref="IBijector{T}.HasExactInverse"/>).
/// </remarks>
public sealed class FlowMonitor<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const string Whole = "flow";

    private readonly Flow<T> _flow;
    private readonly FlowMonitorOptions _options;
    private readonly T[] _probe;
    private readonly T[] _context;
    private readonly double[] _probeInDouble;
    private readonly double[] _contextInDouble;
    private readonly int _rows;
    private readonly FlowTwin<T> _twin;
    private readonly Tape<double> _tape;
    private readonly Dictionary<(string Name, bool Inverse), SpectrumIteration> _iterations = [];
    private readonly Dictionary<string, (double Mean, double Deviation)> _before = [];
    private readonly Dictionary<(string Name, int Row), double[]> _bases = [];
    private long _nonFinite;

    /// <summary>Prepares the copy.</summary>
    /// <param name="flow">The flow being trained; its log-determinants must be exact in evaluation.</param>
    /// <param name="probe">[rows x features] rows to look at; 8 to 32 do.</param>
    /// <param name="context">[rows x context]; empty for a flow without.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="threads">Threads of the copy.</param>
    /// <exception cref="ArgumentException">No rows, no whole rows, a context that does not fit, a discrete flow, or one that has only a bound.</exception>
    public FlowMonitor(Flow<T> flow, ReadOnlySpan<T> probe, ReadOnlySpan<T> context = default, FlowMonitorOptions? options = null, int threads = 1)
    {
        if (flow.EvaluationValue != ValueKind.Exact || flow.Base.IsDiscrete) throw new ArgumentException("FlowMonitor: needs a continuous flow with an exact log-determinant in evaluation; leave the monitor out.");
        if (probe.Length == 0 || probe.Length % flow.Dimension != 0) throw new ArgumentException($"FlowMonitor: {probe.Length} numbers are no whole rows of {flow.Dimension} features; give one row or more.");
        _rows = probe.Length / flow.Dimension;
        flow.RequireContext("FlowMonitor", _rows, context.Length);
        (_flow, _options, _probe, _context) = (flow, options ?? new FlowMonitorOptions(), probe.ToArray(), context.ToArray());
        (_probeInDouble, _contextInDouble) = (Array.ConvertAll(_probe, double.CreateTruncating), Array.ConvertAll(_context, double.CreateTruncating));
        _twin = new FlowTwin<T>(flow, threads);
        _tape = new Tape<double>(_twin.Flow.Backend, _twin.Flow.Store) { FreezesParameters = true };
    }

    private int D => _flow.Dimension;

    private bool IsDense => D <= _options.DenseLimit;

    /// <summary>Looks at the flow as it is now.</summary>
    /// <param name="step">Training steps done; goes into the report.</param>
    /// <param name="spectrum">Whether singular values are wanted, the dear part of a look; without them they are NaN.</param>
    public FlowMonitorReport Look(long step, bool spectrum = true)
    {
        _twin.Refresh();
        var layers = new List<MapReport>();
        double[] h = _probeInDouble, total = new double[_rows];
        // Jacobians of the layers so far, multiplied up: one a dense row.
        double[][]? chain = spectrum && IsDense ? new double[Math.Min(_rows, _options.DenseRows)][] : null;
        for (int i = 0; i < _twin.Flow.Transforms.Count; i++)
        {
            IBijector<double> layer = _twin.Flow.Transforms[i];
            string name = $"layers.{i}.{layer.Kind}";
            try
            {
                layers.Add(LookAt(name, layer, ref h, total, chain, spectrum));
                // Nothing can be measured behind numbers that are not finite.
                if (layers[^1].NonFinite > 0) break;
            }
            catch (ArithmeticException e)
            {
                // What is monitored may be broken: a singular matrix, a value outside of a domain.
                layers.Add(new MapReport { Name = name, Failure = e.Message });
                break;
            }
        }

        bool failed = layers[^1].Failure is not null || layers[^1].NonFinite > 0;
        MapReport flow = failed ? new MapReport { Name = Whole } : LookAtWhole(total, chain, spectrum);
        flow = flow with { NonFinite = layers.Sum(l => l.NonFinite) };
        RoundTrip there = failed ? NoWayBack : RoundTrip.Of<T>(_flow, _probe, _context), inDouble = failed ? NoWayBack : RoundTrip.Of<double>(_twin.Flow, _probeInDouble, _contextInDouble);
        _nonFinite += flow.NonFinite + there.NonFinite;
        return new FlowMonitorReport(step, _rows, flow, layers, there, inDouble, _nonFinite, Alarms(flow, layers, there));
    }

    /// <summary>Gives the copy's memory back; the flow stays.</summary>
    public void Dispose()
    {
        _tape.Dispose();
        _twin.Dispose();
    }

    private RoundTrip NoWayBack => new(_rows, double.NaN, double.NaN, 0);

    private MapReport LookAt(string name, IBijector<double> layer, ref double[] h, double[] total, double[][]? chain, bool spectrum)
    {
        double[] input = h, output = new double[h.Length], logDets = new double[_rows];
        _tape.Reset();
        Var x = _tape.Input(input, _rows, D, needsGrad: true);
        FlowStep step = layer.Forward(_tape, x, Context(_rows));
        _tape.Read(step.Output, output);
        // One number for every row, or one for each.
        _tape.Read(step.LogAbsDet, logDets.AsSpan(0, step.LogAbsDet.Length));
        bool same = step.LogAbsDet.Length == 1;
        if (same) logDets.AsSpan().Fill(logDets[0]);
        for (int r = 0; r < _rows; r++) total[r] += logDets[r];
        h = output;
        MapReport report = Volume(name, logDets);
        // Sums of equal numbers have rounding for a deviation.
        if (same) report = report with { LogDetMean = logDets[0], LogDetDeviation = 0, Balance = logDets[0] / D };
        report = report with { NonFinite = output.LongCount(v => !double.IsFinite(v)) + logDets.LongCount(v => !double.IsFinite(v)) };
        if (report.NonFinite > 0 || !spectrum) return report;
        if (chain is null)
        {
            double[] largest = Power(name, false, x, step.Output);
            return Estimated(report, largest, layer.HasExactInverse ? InversePower(name, output, z => layer.Inverse(_tape, z, Context(_rows)).Output) : null);
        }

        var jacobians = new double[chain.Length][];
        for (int r = 0; r < chain.Length; r++)
        {
            int row = r;
            jacobians[r] = DenseJacobian.Of<double>(_tape, input.AsSpan(r * D, D), (_, point) => layer.Forward(_tape, point, Context(D, row)).Output);
            chain[r] = chain[r] is null ? jacobians[r] : Product(jacobians[r], chain[r]);
        }

        return Dense(report, jacobians);
    }

    private MapReport LookAtWhole(double[] total, double[][]? chain, bool spectrum)
    {
        MapReport report = Volume(Whole, total);
        if (!spectrum) return report;
        if (chain is not null) return Dense(report, chain);
        _tape.Reset();
        Var x = _tape.Input(_probeInDouble, _rows, D, needsGrad: true), z = _twin.Flow.Forward(_tape, x, Context(_rows)).Output;
        var output = new double[_probeInDouble.Length];
        _tape.Read(z, output);
        double[] largest = Power(Whole, false, x, z);
        bool invertible = _twin.Flow.Transforms.All(t => t.HasExactInverse);
        return Estimated(report, largest, invertible ? InversePower(Whole, output, v => _twin.Flow.Inverse(_tape, v, Context(_rows)).Output) : null);
    }

    private MapReport Volume(string name, double[] logDets)
    {
        double mean = logDets.Sum() / _rows;
        return new MapReport { Name = name, LogDetMean = mean, LogDetDeviation = Math.Sqrt(logDets.Sum(l => (l - mean) * (l - mean)) / _rows), Balance = mean / D };
    }

    private MapReport Dense(MapReport report, double[][] jacobians)
    {
        double largest = 0, ofInverse = 0, condition = 0, expanding = 0;
        int row = 0;
        double[] values = new double[D], u = new double[D * D], v = new double[D * D];
        foreach (double[] jacobian in jacobians)
        {
            // Nothing to decompose in what is not finite; the non-finite numbers are counted, and alarmed, on their own.
            if (Array.Exists(jacobian, j => !double.IsFinite(j))) return report with { NonFinite = report.NonFinite + jacobian.LongCount(j => !double.IsFinite(j)), IsDense = true };
            Decompose(report.Name, row++, jacobian, u, values, v);
            largest = Math.Max(largest, values[0]);
            ofInverse = Math.Max(ofInverse, 1 / values[^1]);
            condition = Math.Max(condition, values[0] / values[^1]);
            expanding += (double)values.Count(s => s > 1) / D / jacobians.Length;
        }

        return report with { Largest = largest, LargestOfInverse = ofInverse, Condition = condition, ExpandingShare = expanding, IsDense = true };
    }

    // The singular values of J are those of J V, V the right vectors of the look before: its columns are nearly orthogonal already, and few sweeps are left.
    private void Decompose(string name, int row, double[] jacobian, double[] u, double[] values, double[] v)
    {
        // An elementwise layer has nothing to decompose.
        if (IsDiagonal(jacobian))
        {
            for (int i = 0; i < D; i++) values[i] = Math.Abs(jacobian[i * D + i]);
            values.AsSpan().Sort((a, b) => b.CompareTo(a));
            return;
        }

        bool known = _bases.TryGetValue((name, row), out double[]? basis);
        Svd.Decompose<double>(known ? Product(jacobian, basis!) : jacobian, D, D, u, values, v);
        _bases[(name, row)] = known ? Product(basis!, v) : [.. v];
    }

    private bool IsDiagonal(double[] matrix)
    {
        for (int i = 0; i < D; i++)
        {
            // Up to the diagonal, and after it.
            if (matrix.AsSpan(i * D, i).ContainsAnyExcept(0.0) || matrix.AsSpan(i * D + i + 1, D - i - 1).ContainsAnyExcept(0.0)) return false;
        }

        return true;
    }

    private static MapReport Estimated(MapReport report, double[] largest, double[]? ofInverse) => report with
    {
        Largest = largest.Max(),
        LargestOfInverse = ofInverse?.Max() ?? double.NaN,
        Condition = ofInverse is null ? double.NaN : largest.Zip(ofInverse, (a, b) => a * b).Max(),
    };

    private double[] InversePower(string name, double[] output, Func<Var, Var> inverse)
    {
        _tape.Reset();
        Var z = _tape.Input(output, _rows, D, needsGrad: true);
        return Power(name, true, z, inverse(z));
    }

    private double[] Power(string name, bool inverse, Var x, Var y)
    {
        if (!_iterations.TryGetValue((name, inverse), out SpectrumIteration? iteration))
            _iterations[(name, inverse)] = iteration = new SpectrumIteration(_rows, D, SeedMix.Of(_flow.Seed, (ulong)_iterations.Count));
        var largest = new double[_rows];
        iteration.Run(_tape, x, y, _options.Iterations, largest);
        return largest;
    }

    // The probe rows' context, or that of one row, as often as there are copies of the row.
    private StepContext Context(int rows, int? row = null)
    {
        int width = _flow.ContextWidth;
        Var given = width == 0 ? Var.None
            : row is { } r ? _tape.RepeatRows(_tape.Input(_contextInDouble.AsSpan(r * width, width), 1, width), rows)
            : _tape.Input(_contextInDouble, rows, width);
        return new StepContext { Mode = FlowMode.Evaluate, Provisional = true, Context = given };
    }

    private double[] Product(double[] a, double[] b)
    {
        var product = new double[D * D];
        for (int i = 0; i < D; i++)
            for (int k = 0; k < D; k++)
                if (a[i * D + k] != 0) VectorOps.AddScaled(a[i * D + k], b.AsSpan(k * D, D), product.AsSpan(i * D, D));
        return product;
    }

    private List<FlowAlarm> Alarms(MapReport flow, List<MapReport> layers, RoundTrip there)
    {
        var alarms = new List<FlowAlarm>();
        double unit = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        foreach (MapReport map in layers.Prepend(flow))
        {
            if (map.Failure is not null) alarms.Add(new FlowAlarm(FlowAlarmKind.Failure, map.Name, double.NaN, double.NaN, map.Failure));
            if (map.Condition * unit > _options.ConditionLimit) alarms.Add(new FlowAlarm(FlowAlarmKind.Conditioning, map.Name, map.Condition * unit, _options.ConditionLimit));
            if (map.NonFinite > 0) alarms.Add(new FlowAlarm(FlowAlarmKind.NonFinite, map.Name, map.NonFinite, 0));
            // A log-determinant that is the same for every row has no deviation to measure by; its jump shows in the flow's.
            if (_before.TryGetValue(map.Name, out (double Mean, double Deviation) before) && before.Deviation > 1e-9 * (1 + Math.Abs(before.Mean)))
            {
                double jump = Math.Abs(map.LogDetMean - before.Mean) / before.Deviation;
                if (jump > _options.JumpLimit) alarms.Add(new FlowAlarm(FlowAlarmKind.LogDetJump, map.Name, jump, _options.JumpLimit));
            }

            if (double.IsFinite(map.LogDetMean)) _before[map.Name] = (map.LogDetMean, map.LogDetDeviation);
        }

        if (there.Largest > _options.RoundTripLimit) alarms.Add(new FlowAlarm(FlowAlarmKind.RoundTrip, Whole, there.Largest, _options.RoundTripLimit));
        return alarms;
    }
}
