using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>One run of <see cref="JacobianAudit.OfStrategy(Flow{double}, ReadOnlySpan{double}, AuditOptions?, ReadOnlySpan{double}, CancellationToken)"/>.</summary>
internal sealed class StrategyAudit : IDisposable
{
    // Draws of what does not vary, and passes of what is exact: enough for a median time.
    private const int Few = 5;
    private const double SlowMilliseconds = 1000;

    private readonly Flow<double> _flow;
    private readonly AuditOptions _options;
    private readonly CancellationToken _stop;
    private readonly Tape<double> _tape;
    private readonly StoreSnapshot _before;
    private readonly FindingList _findings = new();
    private readonly double[] _x, _context;
    private readonly int _rows;

    public StrategyAudit(Flow<double> flow, ReadOnlySpan<double> x, ReadOnlySpan<double> context, AuditOptions options, CancellationToken stop)
    {
        (_flow, _options, _stop) = (flow, options, stop);
        _tape = new Tape<double>(flow.Backend, flow.Store);
        _before = new StoreSnapshot(flow.Store);
        _rows = RowsThatFit(x, context);
        (_x, _context) = (x[..(_rows * flow.Dimension)].ToArray(), context[..(_rows * flow.ContextWidth)].ToArray());
    }

    public FlowAudit Run()
    {
        var layers = new List<LayerAudit>();
        LayerAudit? whole = null;
        try
        {
            for (int i = 0; i < _flow.Transforms.Count; i++) Settle(i);
            (double[][] inputs, double[][] passedBack) = Exact();
            var state = new StoreSnapshot(_flow.Store);
            for (int i = 0; i < _flow.Transforms.Count; i++)
                layers.Add(new LayerRun(_flow, _tape, state, new AuditSubject(_flow, i, inputs[i], passedBack[i], _context), _options, _stop).Run(Few, SlowMilliseconds));
            // Of a single layer the audit is the flow's.
            whole = layers.Count == 1 ? layers[0] with { Name = "flow" } : new LayerRun(_flow, _tape, state, new AuditSubject(_flow, -1, _x, [], _context), _options, _stop).Run(Few, SlowMilliseconds);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _findings.Note($"stopped after {layers.Count} of {_flow.Transforms.Count} layers");
        }
        finally
        {
            _before.Restore();
        }

        return new FlowAudit(_rows, _flow.Dimension, layers, whole, _findings.All);
    }

    public void Dispose() => _tape.Dispose();

    // What one row holds on the tape says how many rows fit.
    private int RowsThatFit(ReadOnlySpan<double> x, ReadOnlySpan<double> context)
    {
        int rows = x.Length / _flow.Dimension;
        long each = new AuditSubject(_flow, -1, x[.._flow.Dimension].ToArray(), [], context[.._flow.ContextWidth].ToArray()).Run(_tape, FlowMode.Evaluate, 0, 0).Bytes;
        // Values and their gradients.
        long fit = Math.Max(1, _options.MemoryLimit / Math.Max(1, 2 * each));
        if (fit >= rows) return rows;
        _findings.Note($"{fit} of {rows} rows used: the exact gradient holds {each / 1048576.0:F0} MiB a row");
        return (int)fit;
    }

    // What comes into every layer, and what the exact gradient passes back to its output.
    private (double[][] Inputs, double[][] PassedBack) Exact()
    {
        int layers = _flow.Transforms.Count;
        double[][] inputs = new double[layers][], back = new double[layers][];
        var outputs = new Var[layers];
        _tape.Reset();
        Var context = _context.Length == 0 ? Var.None : _tape.Input(_context, _rows, _flow.ContextWidth), h = _tape.Input(_x, _rows, _flow.Dimension, needsGrad: true);
        var c = new StepContext { Mode = FlowMode.Evaluate, Key = _options.Key, Context = context };
        var sum = new StepSum(h);
        for (int i = 0; i < layers; i++)
        {
            inputs[i] = new double[_x.Length];
            _tape.Read(sum.Output, inputs[i]);
            FlowStep step = _flow.Transforms[i].Forward(_tape, sum.Output, c);
            sum.Add(_tape, step);
            outputs[i] = step.Output;
        }

        FlowStep all = sum.Finish(_tape);
        _tape.Backward(_tape.Sum(_tape.Add(_flow.Base.LogProb(_tape, all.Output), all.LogAbsDet), -1.0 / _rows));
        for (int i = 0; i < layers; i++)
        {
            back[i] = new double[_x.Length];
            _tape.ReadGrad(outputs[i], back[i]);
        }

        return (inputs, back);
    }

    // A residual block in training makes one step of its power iteration each time; what the audit compares are settled vectors. The gradient feels
    // an unsettled one to first order, the map only to second.
    private void Settle(int layer)
    {
        if (_flow.Transforms[layer] is not Residual<double>) return;
        const int Most = 3000;
        const double Settled = 1e-12;
        double[] now = new double[_flow.Store.BufferValues.Length], before = new double[now.Length];
        bool recorded = _tape.RecordsGradients;
        _tape.RecordsGradients = false;
        try
        {
            for (int i = 0; i < Most; i++)
            {
                _stop.ThrowIfCancellationRequested();
                _tape.Reset();
                _flow.Transforms[layer].Forward(_tape, _tape.Input(_x.AsSpan(0, _flow.Dimension), 1, _flow.Dimension), new StepContext { Mode = FlowMode.Train });
                _flow.Backend.Read(_flow.Store.BufferValues, now);
                double worst = 0;
                for (int k = 0; k < now.Length; k++) worst = Math.Max(worst, Math.Abs(now[k] - before[k]));
                if (worst <= Settled) return;
                (before, now) = (now, before);
            }
        }
        finally
        {
            _tape.RecordsGradients = recorded;
        }
    }
}
