using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Turns whole numbers x into z = x + u with noise u in (0, 1) from a conditional flow q(u | x), learned together with the rest:
/// log P(x) >= E[log p(x + u) - log q(u | x)]. What it gives as log-determinant is -log q(u | x), so the sum is a lower bound in the mean.
/// </summary>
/// <remarks>
/// No bijection: the inverse rounds down. e is standard normal, its layers' inverse (under the context x / scale) gives v, and u = s(v).
/// With the layers' identity q is wider than uniform noise but not it. Source: Ho et al. 2019, Flow++.
/// </remarks>
public sealed class VariationalDequantization<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly IBijector<T>[] _noise;
    private readonly double _scale;
    private ulong _salt;

    /// <summary>Makes the layer; it stands first in a flow.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="noise">Layers of the noise, from noise to normal; each takes as its context the features, divided by the scale, then the flow's context if there is one. They belong to this layer alone.</param>
    /// <param name="scale">The networks see x / scale: the number of levels, say.</param>
    /// <param name="context">Columns of the flow's context, 0 without.</param>
    /// <exception cref="ArgumentException">A width or a context does not fit, or the scale is not positive.</exception>
    public VariationalDequantization(int dimension, IReadOnlyList<IBijector<T>> noise, double scale = 1, int context = 0)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (!(scale > 0) || !double.IsFinite(scale)) throw new ArgumentException($"scale is {scale}; it must be positive and finite.");
        if (context < 0) throw new ArgumentException($"context is {context}; it must be 0 or more.");
        LayerList.Check("noise", noise, dimension, dimension + context);
        Dimension = dimension;
        ContextWidth = context;
        _noise = [.. noise];
        _scale = scale;
    }

    /// <inheritdoc/>
    public string Kind => "variational-dequantization";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public int ContextWidth { get; }

    /// <inheritdoc/>
    public ValueKind EvaluationValue => ValueKind.Bound;

    /// <summary>From a recipe entry: dimension, noise (a list of layers), scale (1), context (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static VariationalDequantization<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("variational-dequantization", config);
        int dimension = reader.Integer("dimension", 1), context = reader.Integer("context", 0, 0);
        List<IBijector<T>> noise = LayerList.Read<T>(reader.Array("noise"));
        double scale = reader.Number("scale", 1);
        return reader.Make(() => new VariationalDequantization<T>(dimension, noise, scale, context));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _salt = SeedMix.Of(seed, 1);
        LayerList.Attach(_noise, store, $"{scope}.noise", SeedMix.Of(seed, 2));
    }

    /// <summary>Records z = x + u and -log q(u | x). The noise is a function of the step's key and number.</summary>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        Var seen = ContextGuard.Join(tape, Kind, _scale == 1 ? x : tape.Scale(x, 1 / _scale), c.Context, ContextWidth);
        Var e = tape.Allocate(x.Rows, Dimension, false);
        tape.Backend.Random(new RandomArgs(RandomKind.Gaussian, tape.ValueOf(e), SeedMix.Of(c.Key, _salt), (ulong)c.Step));
        var sum = new StepSum(e);
        for (int i = _noise.Length - 1; i >= 0; i--) sum.Add(tape, _noise[i].Inverse(tape, sum.Output, c with { Context = seen }));
        FlowStep noise = sum.Finish(tape);
        Var v = noise.Output, u = tape.Sigmoid(v);
        // log|du/dv| = log s(v) + log s(-v); log q(u) = log N(e) - log|dv/de| - log|du/dv|.
        Var slope = tape.Add(tape.LogSigmoid(v), tape.LogSigmoid(tape.Negate(v)));
        Var stretch = tape.Add(noise.LogAbsDet, tape.SumColumns(slope));
        Var minusLogQ = tape.Subtract(stretch, tape.StandardNormalLogProb(e));
        return new FlowStep(tape.Add(x, u), minusLogQ, ValueKind.Bound, noise.Gradient > GradientKind.Unbiased ? noise.Gradient : GradientKind.Unbiased, noise.Penalty, Var.None);
    }

    /// <summary>Records x = floor(z). There is no density to account for: the number 0 is a bound like the forward one.</summary>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return new FlowStep(StraightThroughRoundOp<T>.Record(tape, z, down: true), tape.Constant(0), ValueKind.Bound, GradientKind.Biased, Var.None, Var.None);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        LayerList.Write(json, "noise", _noise);
        json.WriteNumber("scale", _scale);
        json.WriteNumber("context", ContextWidth);
    }
}
