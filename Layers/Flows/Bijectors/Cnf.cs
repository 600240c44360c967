using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A continuous normalizing flow: z = x(T) of dx/dt = f(t, x) from x(0) = x, f a network. log|det| = integral of tr df/dx [batch x 1].</summary>
/// <remarks>
/// Evaluation integrates with Dormand-Prince at a tight tolerance (1e-12 in double, 5e-7 in single) and the exact trace, whatever trained the layer. The inverse integrates backwards.
/// Cost of an evaluation of f: one pass, and D backward passes for the exact trace or one with a probe. Sources: Chen et al. 2018; Grathwohl et al. 2019; Finlay et al. 2020.
/// </remarks>
public sealed class Cnf<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TimeMlp<T> _net;
    private readonly CnfSettings _settings;
    private readonly OdeSolver _tight;
    private readonly AdjointOp<T>? _adjoint;
    private Var[] _parameters = [];
    private readonly int _blockRows;
    private ulong _stream;

    /// <summary>Makes the flow.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="hidden">Widths of f's hidden layers.</param>
    /// <param name="activation">Between the layers of f.</param>
    /// <param name="time">How time enters f.</param>
    /// <param name="settings">Horizon, solver, trace, gradient and penalties of training.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Cnf(int dimension, ReadOnlySpan<int> hidden, SmoothActivation activation, TimeInput time, in CnfSettings settings)
    {
        settings.Check();
        _net = new TimeMlp<T>(dimension, hidden, activation, time);
        _settings = settings;
        _blockRows = EvaluationBlocks<T>.Rows(_net.Widest);
        double tolerance = Math.Max(1e-12, 4 * Precision<T>.Epsilon);
        _tight = new OdeSolver(OdeMethod.Dopri5, RelativeTolerance: tolerance, AbsoluteTolerance: tolerance);
        if (settings.Adjoint) _adjoint = new AdjointOp<T>(_net, settings.Solver, settings.Horizon, settings.HasPenalties);
    }

    /// <inheritdoc/>
    public string Kind => "cnf";

    /// <inheritdoc/>
    public int Dimension => _net.Dimension;

    /// <summary>Horizon, solver, trace, gradient and penalties of training.</summary>
    public CnfSettings Settings => _settings;

    /// <summary>What the last solve took, and its tolerances; in the evaluation of a large batch, of its last block of rows.</summary>
    public OdeReport LastSolve { get; private set; }

    /// <summary>What the last backward solve of the adjoint method took.</summary>
    public OdeReport LastAdjoint => _adjoint?.LastBackward ?? default;

    /// <summary>From a recipe entry: dimension, hidden ([64, 64]), activation (tanh), time (concat), horizon (1), solver, trace (exact), probe (rademacher), gradient (steps), kinetic, frobenius (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Cnf<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("cnf", config);
        int dimension = reader.Integer("dimension", 1);
        int[] hidden = reader.Integers("hidden", [64, 64]);
        SmoothActivation activation = SmoothActivations.Read(reader, SmoothActivation.Tanh);
        TimeInput time = TimeMlp<T>.ReadTime(reader);
        CnfSettings settings = CnfSettings.From(reader);
        return reader.Make(() => new Cnf<T>(dimension, hidden, activation, time, settings));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _net.FirstWeight);
        _stream = seed;
        _net.Attach(store, scope, seed);
        _parameters = _net.Parameters;
    }

    /// <inheritdoc/>
    /// <exception cref="NotConvergedException">A step of the adaptive solver became too short.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Solve(tape, x, c, inverse: false);

    /// <inheritdoc/>
    /// <exception cref="NotConvergedException">A step of the adaptive solver became too short.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Solve(tape, z, c, inverse: true);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteStartArray("hidden");
        foreach (int width in _net.Hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", SmoothActivations.Names[(int)_net.Activation]);
        json.WriteString("time", _net.TimeName);
        _settings.WriteConfig(json);
    }

    private FlowStep Solve(Tape<T> tape, Var x, in StepContext c, bool inverse)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _net.FirstWeight);
        if (EvaluationBlocks<T>.Apply(tape, x, c, _blockRows)) return EvaluationBlocks<T>.Run(tape, this, x, c, inverse, _blockRows);
        double start = inverse ? _settings.Horizon : 0, end = _settings.Horizon - start;
        if (c.Mode == FlowMode.Evaluate)
        {
            var exact = new OdeField<T>(_net, ExactJacobian.Basis(tape, x.Rows, Dimension), Var.None, false);
            (Var y, Var trace, LastSolve) = Ode<T>.Record(tape, exact, _tight, x, start, end);
            return FlowStep.Exact(y, trace);
        }
        bool penalties = _settings.HasPenalties;
        Var probe = _settings.Probe is { } kind ? Probes.Draw(tape, kind, x.Rows, Dimension, SeedMix.Of(c.Key, _stream), (ulong)c.Step, 0) : Var.None;
        Var to, q;
        if (_adjoint is not null)
        {
            (to, q) = _adjoint.Record(tape, x, probe, _parameters, inverse);
            LastSolve = _adjoint.LastForward;
        }
        else
        {
            Var basis = probe.IsNone ? ExactJacobian.Basis(tape, x.Rows, Dimension) : Var.None;
            (to, q, LastSolve) = Ode<T>.Record(tape, new OdeField<T>(_net, basis, probe, penalties), _settings.Solver, x, start, end);
        }
        Var logDet = penalties ? tape.SliceColumns(q, 0, 1) : q, penalty = penalties && !inverse ? Penalty(tape, q) : Var.None;
        GradientKind gradient = probe.IsNone || _adjoint is not null ? GradientKind.Biased : GradientKind.Unbiased;
        return new FlowStep(to, logDet, probe.IsNone ? ValueKind.Truncated : ValueKind.Unbiased, gradient, penalty, Var.None);
    }

    // Mean over the batch of kinetic times integral |f|^2 plus frobenius times integral |J|^2.
    private Var Penalty(Tape<T> tape, Var q)
        => tape.Add(tape.Sum(tape.SliceColumns(q, 1, 1), _settings.Kinetic / q.Rows), tape.Sum(tape.SliceColumns(q, 2, 1), _settings.Frobenius / q.Rows));
}
