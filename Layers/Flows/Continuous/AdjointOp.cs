using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// x(start) to x(end) and the integral of the quantities, with the continuous adjoint in backward: state, adjoint and parameter gradient are integrated back
/// together (Chen et al. 2018), so that memory does not grow with the steps. An instance belongs to one layer and keeps a tape and a copy of its parameters, whose memory is the backend's and goes with it.
/// </summary>
/// <remarks>
/// da/dt = -(df/dx)^T a - (dq/dx)^T c and dL/dp = integral of (df/dp)^T a + (dq/dp)^T c, with a the cotangent of x and c that of the quantities. The result is the
/// gradient up to the solver's error in both directions, not that of the discrete map. Fixed methods take as many steps back; the adaptive one steps with the whole batch.
/// </remarks>
internal sealed class AdjointOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TimeMlp<T> _net;
    private readonly OdeSolver _solver;
    private readonly double _horizon;
    private readonly bool _penalties;
    private ParameterStore<T>? _store;
    private Tape<T>? _tape;
    private Var[] _parameters = [];

    public AdjointOp(TimeMlp<T> net, in OdeSolver solver, double horizon, bool penalties)
    {
        (_net, _solver, _horizon, _penalties) = (net.Twin(), solver, horizon, penalties);
    }

    public override string Name => "neural-ode";

    public override string Page => "../bijectors/cnf";

    public override string Formula => "y = x + integral of f(t, x), q = integral of (tr df/dx, ...);  da/dt = -(df/dx)^T a - (dq/dx)^T c backwards from a = dy";

    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    public OdeReport LastForward { get; private set; }

    public OdeReport LastBackward { get; private set; }

    /// <summary>Records the solve.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Start [rows x D].</param>
    /// <param name="probe">Probes, or none for the exact trace.</param>
    /// <param name="parameters">Parameters of the field, as <see cref="TimeMlp{T}.Parameters"/> orders them.</param>
    /// <param name="inverse">From the horizon back to 0.</param>
    public (Var X, Var Q) Record(Tape<T> tape, Var x, Var probe, ReadOnlySpan<Var> parameters, bool inverse)
    {
        Span<Var> inputs = stackalloc Var[2 + parameters.Length];
        (inputs[0], inputs[1]) = (x, probe.IsNone ? probe : probe.Detach());
        parameters.CopyTo(inputs[2..]);
        ref readonly Node<T> node = ref tape.Record(this, inputs, x.Rows, x.Cols, x.Rows, _penalties ? 3 : 1, i0: inverse ? 1 : 0);
        return (node.Out0, node.Out1);
    }

    public override void Forward(in OpContext<T> c)
    {
        (Tape<T> tape, OdeField<T> field) = Begin(c);
        tape.RecordsGradients = false;
        Var x = tape.Allocate(c.In(0).Rows, c.In(0).Cols, needsGrad: false);
        BasicKernels<T>.Copy(c.Backend, c.X(0), tape.ValueOf(x));
        (double start, double end) = Interval(c);
        (Var y, Var q, LastForward) = Ode<T>.Record(tape, field, _solver, x, start, end);
        BasicKernels<T>.Copy(c.Backend, tape.ValueOf(y), c.Y());
        BasicKernels<T>.Copy(c.Backend, tape.ValueOf(q), c.Y(1));
    }

    public override void Backward(in OpContext<T> c)
    {
        (Tape<T> tape, OdeField<T> field) = Begin(c);
        tape.RecordsGradients = true;
        int length = c.In(0).Length, all = 0;
        foreach (Var p in _parameters) all += p.Length;
        // State and adjoint lie side by side: y = (x, a).
        var work = new AdjointWork<T>(c.Borrow(2 * length), c.Borrow(2 * length), c.Borrow(2 * length), c.Borrow(2 * length * Tableau.MostStages), c.Borrow(all), c.Borrow(all));
        BasicKernels<T>.Copy(c.Backend, c.Y(), work.State.Part(0, length));
        BasicKernels<T>.Copy(c.Backend, c.Dy(), work.State.Part(length, length));
        BasicKernels<T>.Fill(c.Backend, work.Gradient, 0);
        Var weight = tape.Allocate(c.Out(1).Rows, c.Out(1).Cols, needsGrad: false);
        BasicKernels<T>.Copy(c.Backend, c.Dy(1), tape.ValueOf(weight));
        (double start, double end) = Interval(c);
        LastBackward = AdjointSteps<T>.Run(tape, field, _solver, work, _parameters, weight, end, start);
        if (!c.Dx(0).IsNone) BasicKernels<T>.AddScaled(c.Backend, work.State.Part(length, length), c.Dx(0));
        int at = 0;
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (!c.Dx(i + 2).IsNone) BasicKernels<T>.AddScaled(c.Backend, work.Gradient.Part(at, _parameters[i].Length), c.Dx(i + 2));
            at += _parameters[i].Length;
        }
    }

    /// <exception cref="NotSupportedException">Always.</exception>
    public override void Jvp(in OpContext<T> c)
        => throw new NotSupportedException($"{Name}: the adjoint method pulls cotangents back; to push tangents forward, record the steps (gradient \"steps\").");

    private (double Start, double End) Interval(in OpContext<T> c) => c.Node.I0 == 1 ? (_horizon, 0) : (0, _horizon);

    // The layer's own tape, emptied, with the parameters of this moment and the field on it.
    private (Tape<T> Tape, OdeField<T> Field) Begin(in OpContext<T> c)
    {
        if (_tape is null || _store is null || !ReferenceEquals(_tape.Backend, c.Backend))
        {
            if (_tape is not null) throw new InvalidOperationException($"{Name}: the layer has run on another backend; a layer belongs to one.");
            _store = new ParameterStore<T>(c.Backend);
            _net.Attach(_store, "field", 0);
            _store.Build();
            _tape = new Tape<T>(c.Backend, _store);
            _parameters = _net.Parameters;
        }
        _tape.Reset();
        for (int i = 0; i < _parameters.Length; i++) BasicKernels<T>.Copy(c.Backend, c.X(i + 2), _store.ValueOf(_parameters[i]));
        Var basis = Var.None, probe = Var.None;
        if (c.In(1).IsNone)
        {
            basis = ExactJacobian.Basis(_tape, c.In(0).Rows, c.In(0).Cols);
        }
        else
        {
            probe = _tape.Allocate(c.In(1).Rows, c.In(1).Cols, needsGrad: false);
            BasicKernels<T>.Copy(c.Backend, c.X(1), _tape.ValueOf(probe));
        }
        return (_tape, new OdeField<T>(_net, basis, probe, _penalties));
    }
}
