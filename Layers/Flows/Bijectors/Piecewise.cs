using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Cuts the line of every feature at learned knots into K branches, each mapped onto the whole line, so that K points share one z; a gate p(k | z)
/// tells them apart: log p(x) = log p(z) + log|h'(x)| + log p(k | z), [batch x 1] here without the first term.
/// </summary>
/// <remarks>
/// No bijection: the density is exact, the inverse draws the branch from the gate, a function of the step's key and number. In the branch (l, r),
/// with L(u) = log(1 - e^-u): z = +-e^s (x + L(x - l) - L(r - x) - t). Cost: one pass of the gate either way. Source: Dinh et al. 2019, RAD.
/// </remarks>
public sealed class Piecewise<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Beyond every number, yet differences of two do not overflow in float.
    private const double Far = 1e38;

    private readonly IConditioner<T> _gate;
    private readonly T[] _signs;
    private readonly double _reach;
    private Var _firstKnot = Var.None, _logGaps = Var.None, _logScale = Var.None, _shift = Var.None;
    private ulong _salt;

    /// <summary>Makes the layer.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="gate">From z to the logits of the branches, [D x K] a row; belongs to this layer alone.</param>
    /// <param name="reach">At the start the branches have equal widths and their middles lie in [-reach, reach]: with two, the knot is 0 and z = |x| - reach far from it.</param>
    /// <exception cref="ArgumentException">Fewer than two branches, a width does not fit, or the reach is not positive.</exception>
    public Piecewise(int dimension, IConditioner<T> gate, double reach = 1)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (!(reach > 0) || !double.IsFinite(reach)) throw new ArgumentException($"reach is {reach}; it must be positive and finite.");
        if (gate.InputWidth != dimension || gate.OutputWidth % dimension != 0 || gate.OutputWidth < 2 * dimension)
            throw new ArgumentException($"the gate maps {gate.InputWidth} to {gate.OutputWidth} columns; it must map {dimension} to {dimension} times the number of branches, at least 2.");
        Dimension = dimension;
        Branches = gate.OutputWidth / dimension;
        _gate = gate;
        _reach = reach;
        _signs = new T[Branches];
        for (int k = 0; k < Branches; k++) _signs[k] = (Branches - k) % 2 == 1 ? T.One : -T.One;
    }

    /// <inheritdoc/>
    public string Kind => "piecewise";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>Number K of branches a feature.</summary>
    public int Branches { get; }

    /// <summary>From a recipe entry: dimension, branches (2), reach (1), gate (an entry of a conditioner).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Piecewise<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("piecewise", config);
        int dimension = reader.Integer("dimension", 1), branches = reader.Integer("branches", 2, 2);
        double reach = reader.Number("reach", 1);
        JsonElement gate = reader.Object("gate");
        return reader.Make(() =>
        {
            BijectorGuard.Matrix("dimension", dimension, "branches", branches);
            return new Piecewise<T>(dimension, ConditionerRegistry.Create<T>(gate, dimension, dimension * branches), reach);
        });
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _firstKnot);
        _salt = SeedMix.Of(seed, 1);
        int d = Dimension, k = Branches;
        double width = 2 * _reach / (k - 1);
        var knot = new double[d];
        Array.Fill(knot, (width / 2) - _reach);
        _firstKnot = store.AddParameter($"{scope}.first_knot", d, 1, knot, decay: false);
        if (k > 2)
        {
            var gaps = new double[d * (k - 2)];
            Array.Fill(gaps, Math.Log(width));
            _logGaps = store.AddParameter($"{scope}.log_gaps", d, k - 2, gaps, decay: false);
        }
        _logScale = store.AddParameter($"{scope}.log_scale", d, k, decay: false);
        var middles = new double[d * k];
        for (int i = 0; i < middles.Length; i++) middles[i] = ((i % k) * width) - _reach;
        _shift = store.AddParameter($"{scope}.shift", d, k, middles, decay: false);
        _gate.Attach(store, $"{scope}.gate", SeedMix.Of(seed, 2), default);
    }

    /// <summary>Records z, and log|dz/dx| + log p(k | z) of the branch k that x lies in.</summary>
    /// <exception cref="OutsideDomainException">A number is NaN or infinite, or lies on a knot, where z is infinite.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _firstKnot);
        Var knots = Knots(tape), branch = tape.Bins(x, knots);
        Var left = tape.PickColumns(knots, branch), right = tape.PickColumns(knots, branch, 1);
        Var above = tape.Subtract(x, left), below = tape.Subtract(right, x);
        tape.RequireBetween(above, 0, double.PositiveInfinity, "piecewise: distance to the knot below", "on a knot there is no density, add noise to the data");
        tape.RequireBetween(below, 0, double.PositiveInfinity, "piecewise: distance to the knot above", "on a knot there is no density, add noise to the data");
        Var scale = tape.PickColumns(_logScale, branch), end = LogGap(tape, above), start = LogGap(tape, below);
        Var line = tape.Add(x, tape.Subtract(end, start));
        Var stretch = tape.Multiply(Sign(tape, branch), tape.Exp(scale));
        Var z = tape.Multiply(stretch, tape.Subtract(line, tape.PickColumns(_shift, branch)));
        Var slope = tape.Add(scale, tape.Subtract(LogGap(tape, tape.Subtract(right, left)), tape.Add(end, start)));
        return FlowStep.Exact(z, tape.SumColumns(tape.Add(slope, LogGate(tape, Logits(tape, z), branch))));
    }

    /// <summary>
    /// Draws a branch for every number from p(k | z), a function of the step's key and number, and records x in it and log|dx/dz| - log p(k | z).
    /// Gradients are those of the drawn branch: they leave out that the draw depends on z and the gate, and are biased.
    /// </summary>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _firstKnot);
        Var logits = Logits(tape, z), branch = Draw(tape, logits, z.Rows, c), knots = Knots(tape);
        Var left = tape.PickColumns(knots, branch), right = tape.PickColumns(knots, branch, 1), scale = tape.PickColumns(_logScale, branch);
        Var shrink = tape.Multiply(Sign(tape, branch), tape.Exp(tape.Negate(scale)));
        Var line = tape.Add(tape.Multiply(shrink, z), tape.PickColumns(_shift, branch));
        // A soft clamp of the line to (l, r): x = y + softplus(l - y) - softplus(y - r), of slope s(y - l) s(r - y) (1 - e^(l - r)).
        Var under = tape.Subtract(left, line), over = tape.Subtract(line, right);
        Var x = tape.Add(line, tape.Subtract(tape.Softplus(under), tape.Softplus(over)));
        Var slope = tape.Add(tape.LogSigmoid(tape.Negate(under)), tape.LogSigmoid(tape.Negate(over)));
        slope = tape.Subtract(tape.Add(slope, LogGap(tape, tape.Subtract(right, left))), scale);
        return FlowStep.Exact(x, tape.SumColumns(tape.Subtract(slope, LogGate(tape, logits, branch)))) with { Gradient = GradientKind.Biased };
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("branches", Branches);
        json.WriteNumber("reach", _reach);
        ConditionerRegistry.Write(json, "gate", _gate);
    }

    // [D x K + 1]: the ends of the branches, the outer ones as good as infinite.
    private Var Knots(Tape<T> tape)
    {
        Var inner = _logGaps.IsNone ? _firstKnot : tape.RunningSum(tape.ConcatColumns(_firstKnot, tape.Exp(_logGaps)));
        return tape.ConcatColumns(tape.ConcatColumns(tape.Constant(-Far, Dimension, 1), inner), tape.Constant(Far, Dimension, 1));
    }

    private Var Sign(Tape<T> tape, Var branch) => tape.PickColumns(tape.Input(_signs, 1, Branches), branch);

    // log(1 - e^-u), u > 0.
    private static Var LogGap(Tape<T> tape, Var u) => tape.Log(tape.Negate(tape.Expm1(tape.Negate(u))));

    // [B D x K]: a row for every number of z.
    private Var Logits(Tape<T> tape, Var z) => _gate.Record(tape, z).Reshape(z.Length, Branches);

    private Var LogGate(Tape<T> tape, Var logits, Var branch)
        => tape.Subtract(tape.PickColumns(logits, branch), tape.RowLogSumExp(logits).Reshape(branch.Rows, branch.Cols));

    private Var Draw(Tape<T> tape, Var logits, int rows, in StepContext c)
    {
        Var u = tape.Allocate(rows, Dimension, false);
        tape.Backend.Random(new RandomArgs(RandomKind.Uniform, tape.ValueOf(u), SeedMix.Of(c.Key, _salt), (ulong)c.Step));
        Var sums = tape.RunningSum(tape.RowSoftmax(logits.Detach()));
        return tape.Bins(u, tape.ConcatColumns(tape.Constant(0, logits.Rows, 1), sums));
    }
}
