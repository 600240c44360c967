using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>One bijector, perhaps with a context, on a tape; its parameters are written and compared by the check.</summary>
internal sealed class ConditionalBench<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CaseRun<T> _run;
    private readonly string? _context;
    private readonly Tape<T> _tape;
    private readonly int _rows;

    /// <summary>Builds the layer's store with start values.</summary>
    /// <param name="run">The case.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="context">Stored tensor of the context; null without.</param>
    public ConditionalBench(CaseRun<T> run, IBijector<T> layer, string? context)
    {
        _run = run;
        _context = context;
        Layer = layer;
        Store = new ParameterStore<T>(run.Backend);
        layer.Attach(Store, "layer", 1);
        Store.Build();
        _tape = new Tape<T>(run.Backend, Store);
        (_rows, int cols) = run.Matrix("x");
        if (cols != layer.Dimension) throw new BadInputException($"{run.File.Path}: 'x' has {cols} features, the parameters are for {layer.Dimension}; the file is damaged or of another kind.");
    }

    public IBijector<T> Layer { get; }

    public ParameterStore<T> Store { get; }

    /// <summary>z, log-determinant and all gradients of sum(ct.z z) + sum(ct.log_abs_det log_abs_det); then the inverse at the computed z.</summary>
    /// <param name="gradients">Compares those of the parameters.</param>
    /// <param name="moved">How far the last digit of z moves x and its log-determinant, see <see cref="MovedByALastDigit"/>; allowed on top for the inverse.</param>
    public void CompareAll(Action gradients, (double X, double LogDet) moved = default)
    {
        Var x = _run.Load(_tape, "x", _rows, Layer.Dimension, needsGrad: true), context = Context(needsGrad: true);
        FlowStep step = Layer.Forward(_tape, x, new StepContext { Mode = FlowMode.Train, Context = context });
        if (step.Value != ValueKind.Exact) throw new InvalidOperationException($"{Layer.Kind}: the log-determinant is {step.Value}, expected an exact one.");
        T[] z = CaseRun<T>.Read(_tape, step.Output), logDet = CaseRun<T>.Read(_tape, step.LogAbsDet);
        _run.Compare("z", z);
        _run.Compare("log_abs_det", logDet);
        _tape.Backward(Loss(step));
        _run.CompareGrad("grad.x", _tape, x);
        if (_context is not null) _run.CompareGrad("grad." + _context, _tape, context);
        gradients();

        foreach (bool records in (bool[])[true, false])
        {
            _tape.Reset();
            _tape.RecordsGradients = records;
            FlowStep back = Layer.Inverse(_tape, _tape.Input(z, _rows, Layer.Dimension), new StepContext { Context = Context(needsGrad: false) });
            double[] found = CaseRun<T>.Widen(CaseRun<T>.Read(_tape, back.Output));
            string how = records ? "" : ", no gradients";
            if (records && _run.Has("x_rec")) _run.Compare("x_rec", found, moved: new Allowance(LastDigit: moved.X));
            _run.CompareTo($"inverse (against x{how})", _run.Input("x"), found, moved: new Allowance(LastDigit: moved.X));
            double[] minus = Array.ConvertAll(CaseRun<T>.Widen(logDet), static v => -v);
            _run.CompareTo($"inverse log_abs_det (against -log_abs_det{how})", minus, CaseRun<T>.Widen(CaseRun<T>.Read(_tape, back.LogAbsDet)), moved: new Allowance(LastDigit: moved.LogDet));
        }
        _tape.RecordsGradients = true;
    }

    /// <summary>
    /// What one digit of single precision in every feature, one after another, does, in the precision of this bench (double): of z = f(x) to x and to the
    /// log-determinant of the inverse, and of x to the gradients of the parameters, entry by entry.
    /// </summary>
    /// <param name="scale">The digit is that of this number where a feature is smaller: knots of a spline are rounded like its bound.</param>
    public (double X, double LogDet, IReadOnlyDictionary<string, double> Gradients) MovedByALastDigit(double scale)
    {
        T[] x = _run.Values("x"), z = ForwardOf(x);
        double[][] gradients = [.. Store.Parameters.Select(p => CaseRun<T>.Widen(Store.ReadGradient(p.Var)))];
        (double[] back, double[] logDet) = InverseOf(z);
        double mostX = 0, mostLogDet = 0;
        var most = new double[gradients.Length];
        for (int j = 0; j < Layer.Dimension; j++)
        {
            (double[] movedBack, double[] movedLogDet) = InverseOf(Beyond(z, j, scale));
            mostX += Distance(movedBack, back);
            mostLogDet += Distance(movedLogDet, logDet);
            ForwardOf(Beyond(x, j, scale));
            for (int p = 0; p < most.Length; p++) most[p] += Distance(CaseRun<T>.Widen(Store.ReadGradient(Store.Parameters[p].Var)), gradients[p]);
        }
        return (mostX, mostLogDet, Enumerable.Range(0, most.Length).ToDictionary(p => Store.Parameters[p].Name, p => RoundingSensitivity.DigitsOfAPlace * most[p]));
    }

    public void Dispose()
    {
        _tape.Dispose();
        Store.Dispose();
    }

    private T[] Beyond(T[] values, int column, double scale)
    {
        T[] beyond = [.. values];
        for (int i = column; i < values.Length; i += Layer.Dimension)
        {
            float size = Math.Max((float)scale, Math.Abs(float.CreateTruncating(values[i])));
            beyond[i] += T.CreateTruncating(MathF.BitIncrement(size) - size);
        }
        return beyond;
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, static (p, q) => Math.Abs(p - q)).Max();

    // z; the gradients of the case's loss are in the store.
    private T[] ForwardOf(T[] x)
    {
        _tape.Reset();
        FlowStep step = Layer.Forward(_tape, _tape.Input(x, _rows, Layer.Dimension), new StepContext { Mode = FlowMode.Train, Context = Context(needsGrad: false) });
        _tape.Backward(Loss(step));
        return CaseRun<T>.Read(_tape, step.Output);
    }

    private Var Loss(in FlowStep step)
    {
        Var loss = _tape.Sum(_tape.Multiply(_run.Load(_tape, "ct.z", _rows, Layer.Dimension), step.Output));
        return _tape.Add(loss, _tape.Sum(_tape.Multiply(_run.Load(_tape, "ct.log_abs_det", _rows, 1), step.LogAbsDet)));
    }

    private (double[] X, double[] LogDet) InverseOf(T[] z)
    {
        FlowStep back = Layer.Inverse(_tape, _tape.Input(z, _rows, Layer.Dimension), new StepContext { Context = Context(needsGrad: false) });
        return (CaseRun<T>.Widen(CaseRun<T>.Read(_tape, back.Output)), CaseRun<T>.Widen(CaseRun<T>.Read(_tape, back.LogAbsDet)));
    }

    private Var Context(bool needsGrad) => _context is null ? Var.None : _run.Load(_tape, _context, _rows, _run.Matrix(_context).Cols, needsGrad);
}
