using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>One bijector with the stored parameters, on a tape.</summary>
internal sealed class LayerBench<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>What the report calls the inverse's log-determinant.</summary>
    public const string InverseLogDet = "inverse log_abs_det (against -log_abs_det)";

    private readonly CaseRun<T> _run;
    private readonly (string Tensor, string Entry)[] _parameters;

    /// <summary>Builds the layer's store and writes the stored parameters over the start values.</summary>
    /// <param name="run">The case.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="parameters">Stored tensor and the layer's name for it.</param>
    public LayerBench(CaseRun<T> run, IBijector<T> layer, params (string Tensor, string Entry)[] parameters)
    {
        _run = run;
        _parameters = parameters;
        Layer = layer;
        Store = new ParameterStore<T>(run.Backend);
        layer.Attach(Store, "layer", 1);
        Store.Build();
        foreach ((string tensor, string entry) in parameters) Store.Write(Find(entry), run.Input(tensor, Find(entry).Length));
        Tape = new Tape<T>(run.Backend, Store);
        (Rows, int cols) = run.Matrix("x");
        if (cols != layer.Dimension) throw new BadInputException($"{run.File.Path}: 'x' has {cols} features, the parameters are for {layer.Dimension}; the file is damaged or of another kind.");
    }

    public IBijector<T> Layer { get; }

    public ParameterStore<T> Store { get; }

    public Tape<T> Tape { get; }

    public int Rows { get; }

    /// <summary>How far the source's own inverse, a bisection or a formula with a small error, may be from the root: allowed on top for x_rec.</summary>
    public double SourceInverse { get; init; }

    /// <summary>How far the last digit of z moves x and the inverse's log-determinant, measured in double: allowed on top. 0 in double.</summary>
    public (double X, double LogDet) Moved { get; init; }

    public Var Find(string entry) => Store.Find("layer." + entry);

    public Var LoadX(bool needsGrad = true) => _run.Load(Tape, "x", Rows, Layer.Dimension, needsGrad);

    public Var Load(string tensor) => _run.Load(Tape, tensor, Rows, Layer.Dimension);

    /// <summary>sum(weight * v): the cotangent's way into a scalar loss.</summary>
    public Var Weighted(Var v, string cotangent)
    {
        // A log-determinant that is the same for every row is one number; the cotangent still has one per row.
        Var ct = v.Length == 1 && _run.Matrix(cotangent).Rows != 1 ? _run.Load(Tape, cotangent, Rows, 1) : _run.Load(Tape, cotangent, v.Rows, v.Cols);
        return Tape.Sum(Tape.Multiply(ct, v));
    }

    /// <summary>z, log-determinant and all gradients of sum(ct.z z) + sum(ct.log_abs_det log_abs_det); then the inverse at the computed z.</summary>
    /// <param name="sensitivity">Of whatever needs the inverse.</param>
    /// <param name="source">What the inverse must give; the stored x where null.</param>
    /// <param name="closed">z, log-determinant and input gradient in double by closed forms, where x itself may not survive rounding; see <see cref="CaseRun{T}.CompareFunction"/>.</param>
    /// <param name="moved">How far the last digits of z move the inverse; allowed on top.</param>
    /// <param name="inverse">Whether to compare the inverse; false where the check does it in another way.</param>
    public void CompareAll(Sensitivity sensitivity = Sensitivity.Plain, double[]? source = null, Func<double[], (double[] Z, double[] LogDet, double[] Gradient)>? closed = null, bool inverse = true, Func<T[], double>? moved = null)
    {
        Var x = LoadX();
        FlowStep step = Layer.Forward(Tape, x, new StepContext { Mode = FlowMode.Train });
        if (step.Value != ValueKind.Exact) throw new InvalidOperationException($"{Layer.Kind}: the log-determinant is {step.Value}, expected an exact one.");
        T[] z = CaseRun<T>.Read(Tape, step.Output), logDet = Spread(step.LogAbsDet);
        Tape.Backward(Tape.Add(Weighted(step.Output, "ct.z"), Weighted(step.LogAbsDet, "ct.log_abs_det")));
        if (closed is null)
        {
            _run.Compare("z", z);
            _run.Compare("log_abs_det", logDet, sensitivity == Sensitivity.Plain ? Sensitivity.Plain : Sensitivity.Determinant);
            _run.CompareGrad("grad.x", Tape, x);
        }
        else
        {
            double[] input = _run.Input("x");
            _run.CompareFunction("z", input, z, a => closed(a).Z);
            _run.CompareFunction("log_abs_det", input, logDet, a => closed(a).LogDet);
            _run.CompareFunction("grad.x", input, CaseRun<T>.ReadGrad(Tape, x), a => closed(a).Gradient);
        }
        foreach ((string tensor, string entry) in _parameters)
            _run.Compare("grad." + tensor, Store.ReadGradient(Find(entry)), sensitivity);
        if (inverse) CompareInverse(z, logDet, sensitivity, source, moved?.Invoke(z) ?? 0);
    }

    /// <summary>The exact inverse of z against the source's own and against x, and its log-determinant against minus the forward one.</summary>
    public void CompareInverse(T[] z, T[] logDet, Sensitivity sensitivity, double[]? source = null, double moved = 0)
    {
        Tape.Reset();
        FlowStep back = Layer.Inverse(Tape, Tape.Input(z, Rows, Layer.Dimension), new StepContext());
        double[] x = CaseRun<T>.Widen(CaseRun<T>.Read(Tape, back.Output));
        if (_run.Has("x_rec")) _run.Compare("x_rec", x, sensitivity, new Allowance(SourceInverse, moved + Moved.X));
        _run.CompareTo("inverse (against x)", source ?? _run.Input("x"), x, sensitivity, new Allowance(LastDigit: moved + Moved.X));
        double[] minus = Array.ConvertAll(CaseRun<T>.Widen(logDet), static v => -v);
        _run.CompareTo(InverseLogDet, minus, CaseRun<T>.Widen(Spread(back.LogAbsDet)), sensitivity, new Allowance(LastDigit: Moved.LogDet));
    }

    /// <summary>One log-determinant per row.</summary>
    public T[] Spread(Var logDet)
    {
        T[] values = CaseRun<T>.Read(Tape, logDet);
        if (values.Length == Rows) return values;
        var all = new T[Rows];
        Array.Fill(all, values[0]);
        return all;
    }

    public void Dispose()
    {
        Tape.Dispose();
        Store.Dispose();
    }
}
