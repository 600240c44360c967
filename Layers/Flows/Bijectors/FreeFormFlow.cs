using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A free-form flow (Draxler et al. 2024): z = f(x) with a network f of no particular structure, and a second network g that learns to be its inverse.</summary>
/// <remarks>
/// Training: the log-determinant slot carries v^T J_f sg(J_g v) with random v and has no value; the penalty is weight times mean |x - g(f(x))|^2, with the input held
/// constant. Cost: about two forward passes and a recorded derivative of each network, whatever D. Evaluation: the exact log-determinant of f, D backward passes
/// and one LU a sample. It is a density only where f is one-to-one, which nothing enforces but the penalty: look at the reconstruction beside it.
/// </remarks>
public sealed class FreeFormFlow<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _hidden;
    private readonly SmoothActivation _activation;
    private readonly SkipMlp<T> _encoder;
    private readonly SkipMlp<T> _decoder;
    private readonly int _blockRows;
    private ulong _stream;

    /// <summary>Makes the layer.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="hidden">Widths of the hidden layers of either network.</param>
    /// <param name="activation">Between their layers; smooth, since its curvature is what the surrogate's gradient goes through.</param>
    /// <param name="weight">Weight beta of the reconstruction penalty.</param>
    /// <param name="probes">Random vectors a sample, at most D.</param>
    /// <param name="surrogate">Which network a probe's gradient goes to.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public FreeFormFlow(int dimension, ReadOnlySpan<int> hidden, SmoothActivation activation = SmoothActivation.Silu, double weight = 150, int probes = 1, FreeFormSurrogate surrogate = FreeFormSurrogate.Encoder)
    {
        _encoder = new SkipMlp<T>(dimension, hidden, activation);
        _decoder = new SkipMlp<T>(dimension, hidden, activation);
        if (!(weight >= 0) || !double.IsFinite(weight)) throw new ArgumentException($"weight is {weight}; it must be finite and not negative.");
        if (probes < 1 || probes > Math.Min(dimension, FreeFormProbes<T>.Most)) throw new ArgumentException($"probes is {probes}; it must lie between 1 and {Math.Min(dimension, FreeFormProbes<T>.Most)}.");
        (Dimension, _hidden, _activation, Weight, Probes, Surrogate) = (dimension, hidden.ToArray(), activation, weight, probes, surrogate);
        _blockRows = EvaluationBlocks<T>.Rows(_encoder.Widest);
    }

    /// <inheritdoc/>
    public string Kind => "free-form";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasLearnedInverse => true;

    /// <summary>Weight beta of the reconstruction penalty.</summary>
    public double Weight { get; }

    /// <summary>Random vectors a sample.</summary>
    public int Probes { get; }

    /// <summary>Which network a probe's gradient goes to.</summary>
    public FreeFormSurrogate Surrogate { get; }

    /// <summary>From a recipe entry: dimension, hidden ([64, 64]), activation (silu), weight (150), probes (1), surrogate (encoder).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static FreeFormFlow<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("free-form", config);
        int dimension = reader.Integer("dimension", 1);
        int[] hidden = reader.Integers("hidden", [64, 64]);
        SmoothActivation activation = SmoothActivations.Read(reader, SmoothActivation.Silu);
        double weight = reader.Number("weight", 150);
        int probes = reader.Integer("probes", 1, 1);
        FreeFormSurrogate surrogate = FreeFormSurrogates.Parse(reader.Choice("surrogate", FreeFormSurrogates.NameOf(FreeFormSurrogate.Encoder), FreeFormSurrogates.Names));
        return reader.Make(() => new FreeFormFlow<T>(dimension, hidden, activation, weight, probes, surrogate));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _encoder.FirstWeight);
        _stream = seed;
        _encoder.Attach(store, $"{scope}.encoder", SeedMix.Of(seed, 0));
        _decoder.Attach(store, $"{scope}.decoder", SeedMix.Of(seed, 1));
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _encoder.FirstWeight);
        if (EvaluationBlocks<T>.Apply(tape, x, c, _blockRows)) return EvaluationBlocks<T>.Run(tape, this, x, c, inverse: false, _blockRows);
        Var input = BijectorGuard.NotDetached(tape, x), z = _encoder.Record(tape, input);
        if (c.Mode == FlowMode.Evaluate) return FlowStep.Exact(z, LogDet(tape, z, input));
        Var back = _decoder.Record(tape, z), carrier = Carrier(tape, input, z, back, SeedMix.Of(c.Key, _stream), c.Step);
        // The layers before must not be paid for making their output easy to rebuild.
        Var rebuilt = input.NeedsGrad ? _decoder.Record(tape, _encoder.Record(tape, x.Detach())) : back;
        Var reconstruction = tape.Sum(tape.Square(tape.Subtract(rebuilt, x.Detach())), 1.0 / x.Rows);
        // The carrier's value means nothing and must not be taken for a log-determinant.
        return new FlowStep(z, tape.Subtract(carrier, carrier.Detach()), ValueKind.None, GradientKind.Biased, tape.Scale(reconstruction, Weight), reconstruction.Detach());
    }

    /// <inheritdoc/>
    /// <remarks>With <see cref="InverseKind.Learned"/> g(z), and no log-determinant value. Otherwise the x with f(x) = z that Newton's method finds from g(z).</remarks>
    /// <exception cref="NotConvergedException">There is no such x near g(z).</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _encoder.FirstWeight);
        if (c.Inverse == InverseKind.Learned) return new FlowStep(_decoder.Record(tape, z), tape.Constant(0), ValueKind.None, GradientKind.Biased, Var.None, Var.None);
        if (EvaluationBlocks<T>.Apply(tape, z, c, _blockRows)) return EvaluationBlocks<T>.Run(tape, this, z, c, inverse: true, _blockRows);
        Var near = tape.Allocate(z.Rows, z.Cols, needsGrad: false);
        TapeMark mark = tape.Mark();
        BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(_decoder.Record(tape, z)), tape.ValueOf(near));
        tape.Release(mark);
        NewtonInverse<T>.Solve(tape, _encoder, near, z, Kind);
        Var x = ImplicitStep.Record(tape, near, _encoder.Record(tape, near), z, plusIdentity: false);
        return FlowStep.Exact(x, tape.Scale(LogDet(tape, _encoder.Record(tape, x), x), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteStartArray("hidden");
        foreach (int width in _hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", SmoothActivations.Names[(int)_activation]);
        json.WriteNumber("weight", Weight);
        json.WriteNumber("probes", Probes);
        json.WriteString("surrogate", FreeFormSurrogates.NameOf(Surrogate));
    }

    private Var LogDet(Tape<T> tape, Var z, Var x) => tape.BatchedLogAbsDet(ExactJacobian.Record(tape, z, x, ExactJacobian.Basis(tape, x.Rows, Dimension)));

    // [rows x 1], the mean over the probes: v^T J_f sg(J_g v), or -sg(v^T J_f) J_g v where the decoder gets the probe.
    private Var Carrier(Tape<T> tape, Var x, Var z, Var back, ulong key, long step)
    {
        Span<Var> probes = stackalloc Var[Probes];
        FreeFormProbes<T>.Draw(tape, x.Rows, Dimension, key, unchecked((ulong)step), probes);
        Var sum = Var.None;
        foreach (Var v in probes)
        {
            Var vj = tape.Vjp(z, x, v), term;
            if (Surrogate == FreeFormSurrogate.Encoder)
            {
                term = tape.SumColumns(tape.Multiply(vj, DecoderTangent(tape, z, back, v)));
            }
            else
            {
                Var gv = tape.Jvp(back, z, v);
                (Var encoder, Var decoder) = FreeFormProbes<T>.Choose(tape, tape.AddConstant(tape.SumColumns(tape.Multiply(vj.Detach(), gv.Detach())), -Dimension));
                Var ofEncoder = tape.SumColumns(tape.Multiply(vj, tape.Multiply(gv.Detach(), encoder)));
                term = tape.Subtract(ofEncoder, tape.SumColumns(tape.Multiply(gv, tape.Multiply(vj.Detach(), decoder))));
            }
            sum = sum.IsNone ? term : tape.Add(sum, term);
        }
        return Probes == 1 ? sum : tape.Scale(sum, 1.0 / Probes);
    }

    // J_g v as a constant; what led to it is forgotten.
    private static Var DecoderTangent(Tape<T> tape, Var z, Var back, Var v)
    {
        Var result = tape.Allocate(v.Rows, v.Cols, needsGrad: false);
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        TapeMark mark = tape.Mark();
        try
        {
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(tape.Jvp(back, z, v)), tape.ValueOf(result));
        }
        finally
        {
            tape.Release(mark);
            tape.RecordsGradients = recorded;
        }
        return result;
    }
}
