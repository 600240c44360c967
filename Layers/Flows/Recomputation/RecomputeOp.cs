using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Layers run for their values alone; backward records them again, one at a time, above the end of the tape, walks that part and forgets it. An
/// instance belongs to one <see cref="Recomputed{T}"/>. With several layers only the last output is kept: the inputs of all but the first are rebuilt by the layers' inverses.
/// </summary>
internal sealed class RecomputeOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Behind the log-determinants of the rows in the second output: log-determinant of the batch, penalty, reconstruction.
    private const int Extra = 3;

    private readonly IBijector<T>[] _layers;
    private readonly string[] _scopes;
    private Var[] _inputs = [];
    private StepPieces _pieces;

    public RecomputeOp(IBijector<T>[] layers) => (_layers, _scopes) = (layers, new string[layers.Length]);

    public override string Name => "recompute";

    public override string Page => "../bijectors/recomputed";

    public override string Formula => "y = layers(x), l = log|det dy/dx|, in parts;  backward records the layers again, a layer at a time";

    public override Reads Reads => _layers.Length == 1 ? Reads.Inputs : Reads.Inputs | Reads.Outputs;

    /// <summary>Attaches the layers, the first of them number <paramref name="first"/> of all that the scope holds.</summary>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, int first)
    {
        int before = store.Parameters.Count;
        for (int i = 0; i < _layers.Length; i++)
        {
            string name = $"{scope}.layers.{first + i}";
            _scopes[i] = $"{name}.{_layers[i].Kind}.";
            _layers[i].Attach(store, name, SeedMix.Of(seed, (ulong)(first + i)));
        }
        // Input, context and whatever else a gradient flows to.
        _inputs = new Var[2 + store.Parameters.Count - before];
        for (int i = before; i < store.Parameters.Count; i++) _inputs[2 + i - before] = store.Parameters[i].Var;
    }

    /// <summary>Records the layers as one node. What the step gives is what the layers in a row would give.</summary>
    public FlowStep Record(Tape<T> tape, Var x, in StepContext c, bool inverse)
    {
        (_inputs[0], _inputs[1]) = (x, c.Context);
        int how = (inverse ? 1 : 0) | (c.Mode == FlowMode.Train ? 2 : 0) | (c.Inverse == InverseKind.Learned ? 4 : 0) | (c.Provisional ? 8 : 0);
        ref readonly Node<T> node = ref tape.Record(this, _inputs, x.Rows, x.Cols, 1, x.Rows + Extra, i0: how, i1: (int)c.Step, i2: (int)(c.Step >> 32), key: c.Key);
        Var parts = node.Out1, constant = parts.Element(x.Rows);
        Var logAbsDet = _pieces.PerSample ? parts with { Rows = x.Rows, Cols = 1 } : constant;
        if (_pieces is { PerSample: true, Constant: true }) logAbsDet = tape.Add(logAbsDet, constant);
        return new FlowStep(
            node.Out0, logAbsDet, _pieces.Value, _pieces.Gradient,
            _pieces.Penalty ? parts.Element(x.Rows + 1) : Var.None, _pieces.Reconstruction ? parts.Element(x.Rows + 2) : Var.None);
    }

    public override void Forward(in OpContext<T> c)
    {
        Tape<T> tape = c.Tape;
        // What is not walked back is recorded this one time only.
        StepContext context = Context(c, provisional: c.Node.NeedsGrad);
        BasicKernels<T>.Fill(c.Backend, c.Y(1), 0);
        _pieces = default;
        string scope = tape.Scope;
        for (int k = 0; k < _layers.Length; k++)
        {
            TapeMark mark = tape.Mark();
            Var x = k == 0 ? CopyOf(c, c.X(0), c.Wants(0)) : CopyOf(c, c.Y(), c.Node.NeedsGrad);
            FlowStep step = Run(tape, Layer(c, k), x, context, Inverse(c));
            BasicKernels<T>.Copy(c.Backend, tape.ValueOf(step.Output), c.Y());
            Collect(c, step);
            tape.Release(mark);
        }
        tape.Scope = scope;
    }

    public override void Backward(in OpContext<T> c)
    {
        Tape<T> tape = c.Tape;
        TapeMark start = tape.Mark();
        (bool recorded, string scope) = (tape.RecordsGradients, tape.Scope);
        tape.RecordsGradients = true;
        try
        {
            int last = _layers.Length - 1;
            Slice input = Slice.None, cotangent = c.Dy();
            if (last > 0)
            {
                input = tape.ValueOf(tape.Allocate(c.Out().Rows, c.Out().Cols, needsGrad: false));
                BasicKernels<T>.Copy(c.Backend, c.Y(), input);
                Slice between = tape.ValueOf(tape.Allocate(c.Out().Rows, c.Out().Cols, needsGrad: false));
                BasicKernels<T>.Copy(c.Backend, cotangent, between);
                cotangent = between;
            }
            for (int k = last; k >= 0; k--)
            {
                if (last > 0) Rebuild(c, k, input);
                if (last > 0 && k == 0) RebuildCheck<T>.Require(tape, input, c.X(0), c.Out().Cols, scope);
                TapeMark mark = tape.Mark();
                Var x = Pull(c, mark, k, k == 0 ? c.X(0) : input, cotangent, needsGrad: k > 0 || c.Wants(0));
                if (k > 0) BasicKernels<T>.Copy(c.Backend, tape.GradOf(x), cotangent);
                else if (c.Wants(0)) tape.AddGradient(c.In(0), tape.GradOf(x));
                tape.Release(mark);
            }
        }
        finally
        {
            tape.Release(start);
            (tape.RecordsGradients, tape.Scope) = (recorded, scope);
        }
    }

    public override void Jvp(in OpContext<T> c)
    {
        Tape<T> tape = c.Tape;
        TapeMark start = tape.Mark();
        string scope = tape.Scope;
        StepContext context = Context(c, provisional: true);
        Slice input = tape.ValueOf(tape.Allocate(c.Out().Rows, c.Out().Cols, needsGrad: false));
        BasicKernels<T>.Copy(c.Backend, c.X(0), input);
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Copy(c.Backend, c.Tx(0), c.Ty());
        BasicKernels<T>.Fill(c.Backend, c.Ty(1), 0);
        for (int k = 0; k < _layers.Length; k++)
        {
            TapeMark mark = tape.Mark();
            Var x = CopyOf(c, input, needsGrad: false);
            FlowStep step = Run(tape, Layer(c, k), x, context, Inverse(c));
            tape.BeginTangentPart(mark);
            BasicKernels<T>.Copy(c.Backend, c.Ty(), tape.TangentOf(x));
            tape.PushForwardPart(mark);
            BasicKernels<T>.Copy(c.Backend, tape.TangentOf(step.Output), c.Ty());
            Slice l = tape.TangentOf(step.LogAbsDet);
            if (!l.IsNone) BasicKernels<T>.AddScaled(c.Backend, l, LogDetPart(c, c.Ty(1), step));
            AddTangent(c, step.Penalty, 1);
            AddTangent(c, step.Reconstruction, 2);
            BasicKernels<T>.Copy(c.Backend, tape.ValueOf(step.Output), input);
            tape.Release(mark);
        }
        tape.Release(start);
        tape.Scope = scope;
    }

    // The layer again, from its input, walked back from the cotangents; the part is still there when this returns.
    private Var Pull(in OpContext<T> c, TapeMark mark, int k, Slice input, Slice cotangent, bool needsGrad)
    {
        Tape<T> tape = c.Tape;
        Var x = CopyOf(c, input, needsGrad);
        FlowStep step = Run(tape, Layer(c, k), x, Context(c, provisional: false), Inverse(c));
        tape.BeginPart(mark);
        tape.AddGradient(step.Output, cotangent);
        tape.AddGradient(step.LogAbsDet, LogDetPart(c, c.Dy(1), step));
        tape.AddGradient(step.Penalty, Part(c, c.Dy(1), 1));
        tape.AddGradient(step.Reconstruction, Part(c, c.Dy(1), 2));
        tape.BackwardPart(mark);
        return x;
    }

    // What lies in state is the output of the layer, then its input.
    private void Rebuild(in OpContext<T> c, int k, Slice state)
    {
        Tape<T> tape = c.Tape;
        TapeMark mark = tape.Mark();
        tape.RecordsGradients = false;
        StepContext context = Context(c, provisional: true) with { Mode = FlowMode.Evaluate, Inverse = InverseKind.Exact };
        FlowStep step = Run(tape, Layer(c, k), CopyOf(c, state, needsGrad: false), context, !Inverse(c));
        BasicKernels<T>.Copy(c.Backend, tape.ValueOf(step.Output), state);
        tape.RecordsGradients = true;
        tape.Release(mark);
    }

    private FlowStep Run(Tape<T> tape, int layer, Var x, in StepContext context, bool inverse)
    {
        tape.Scope = _scopes[layer];
        return inverse ? _layers[layer].Inverse(tape, x, context) : _layers[layer].Forward(tape, x, context);
    }

    private void Collect(in OpContext<T> c, in FlowStep step)
    {
        if (PerSample(c, step)) _pieces.PerSample = true;
        else _pieces.Constant = true;
        BasicKernels<T>.AddScaled(c.Backend, c.Tape.ValueOf(step.LogAbsDet), LogDetPart(c, c.Y(1), step));
        if (!step.Penalty.IsNone)
        {
            _pieces.Penalty = true;
            BasicKernels<T>.AddScaled(c.Backend, c.Tape.ValueOf(step.Penalty), Part(c, c.Y(1), 1));
        }
        if (!step.Reconstruction.IsNone)
        {
            _pieces.Reconstruction = true;
            BasicKernels<T>.AddScaled(c.Backend, c.Tape.ValueOf(step.Reconstruction), Part(c, c.Y(1), 2));
        }
        if (step.Value > _pieces.Value) _pieces.Value = step.Value;
        if (step.Gradient > _pieces.Gradient) _pieces.Gradient = step.Gradient;
    }

    private static void AddTangent(in OpContext<T> c, Var v, int part)
    {
        if (v.IsNone) return;
        Slice tangent = c.Tape.TangentOf(v);
        if (!tangent.IsNone) BasicKernels<T>.AddScaled(c.Backend, tangent, Part(c, c.Ty(1), part));
    }

    // A value of the part's own: recorded derivatives inside the layer search the tape from the input on, and must not meet this op or what came after it.
    private static Var CopyOf(in OpContext<T> c, Slice value, bool needsGrad)
    {
        Var x = c.Tape.Allocate(c.Out().Rows, c.Out().Cols, needsGrad);
        BasicKernels<T>.Copy(c.Backend, value, c.Tape.ValueOf(x));
        return x;
    }

    private static bool PerSample(in OpContext<T> c, in FlowStep step) => step.LogAbsDet.Rows == c.Out().Rows && c.Out().Rows > 1;

    private static Slice LogDetPart(in OpContext<T> c, Slice parts, in FlowStep step) => PerSample(c, step) ? parts.Part(0, c.Out().Rows) : Part(c, parts, 0);

    private static Slice Part(in OpContext<T> c, Slice parts, int number) => parts.Part(c.Out().Rows + number, 1);

    private static bool Inverse(in OpContext<T> c) => (c.Node.I0 & 1) != 0;

    // Layer number k in the order in which they run.
    private int Layer(in OpContext<T> c, int k) => Inverse(c) ? _layers.Length - 1 - k : k;

    private static StepContext Context(in OpContext<T> c, bool provisional) => new()
    {
        Mode = (c.Node.I0 & 2) != 0 ? FlowMode.Train : FlowMode.Evaluate,
        Inverse = (c.Node.I0 & 4) != 0 ? InverseKind.Learned : InverseKind.Exact,
        Step = (uint)c.Node.I1 | ((long)c.Node.I2 << 32),
        Key = c.Node.Key,
        Context = c.In(1),
        Provisional = provisional || (c.Node.I0 & 8) != 0,
    };

    // What the layers have given besides their output, as the last recording found it.
    private struct StepPieces
    {
        public bool PerSample;
        public bool Constant;
        public bool Penalty;
        public bool Reconstruction;
        public ValueKind Value;
        public GradientKind Gradient;
    }
}
