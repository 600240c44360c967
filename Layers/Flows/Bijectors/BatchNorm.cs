using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Batch normalization a channel: z = w (x - m)/sqrt(v + eps) + bias, w = softplus(unconstrained_weight) + eps. Training takes m, v from the batch, evaluation the running ones. log|det| = pixels sum(log w - log(v + eps)/2), [1 x 1].</summary>
/// <remarks>
/// In training the rows of a batch depend on each other, and the map of the batch has no inverse (mean and scale are lost): the
/// log-determinant is the published one, of the map with the statistics held fixed. Its kinds say so; evaluation is exact. Each
/// recording in training moves the running statistics by momentum. Parameters unconstrained_weight, bias [1 x channels]; buffers
/// running_mean, running_var. Cost: five passes over the batch in training, two in evaluation. Source: Dinh et al. 2017, section 3.7.
/// </remarks>
public sealed class BatchNorm<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _channels;
    private readonly int _pixels;
    private readonly double _eps;
    private readonly double _momentum;
    private Var _weight = Var.None;
    private Var _bias = Var.None;
    private Var _mean = Var.None;
    private Var _variance = Var.None;
    private Var _spread = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="channels">Number of channels; of features, for plain vectors.</param>
    /// <param name="pixels">Features a channel, height times width of an image.</param>
    /// <param name="eps">Added to variances and weights, positive.</param>
    /// <param name="momentum">Share of the batch in the running statistics, in (0, 1].</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public BatchNorm(int channels, int pixels = 1, double eps = 1e-5, double momentum = 0.1)
    {
        BijectorGuard.Dimension("channels", channels);
        BijectorGuard.Dimension("pixels", pixels);
        BijectorGuard.Matrix("channels", channels, "pixels", pixels);
        SoftplusStart.Check(eps);
        if (!(momentum > 0 && momentum <= 1)) throw new ArgumentException($"momentum is {momentum}; it must be in (0, 1].");
        _channels = channels;
        _pixels = pixels;
        _eps = eps;
        _momentum = momentum;
    }

    /// <inheritdoc/>
    public string Kind => "batchnorm";

    /// <inheritdoc/>
    public int Dimension => _channels * _pixels;

    /// <summary>From a recipe entry: channels, pixels (1), eps (1e-5), momentum (0.1).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static BatchNorm<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("batchnorm", config);
        int channels = reader.Integer("channels", 1), pixels = reader.Integer("pixels", 1, 1);
        double eps = reader.Number("eps", 1e-5), momentum = reader.Number("momentum", 0.1);
        return reader.Make(() => new BatchNorm<T>(channels, pixels, eps, momentum));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _weight);
        var ones = new double[_channels];
        Array.Fill(ones, 1);
        _weight = store.AddParameter($"{scope}.unconstrained_weight", 1, _channels, SoftplusStart.Ones(_channels, _eps), decay: false);
        _bias = store.AddParameter($"{scope}.bias", 1, _channels, decay: false);
        _mean = store.AddBuffer($"{scope}.running_mean", 1, _channels);
        _variance = store.AddBuffer($"{scope}.running_var", 1, _channels, ones);
        if (_pixels == 1) return;
        var channel = new double[Dimension];
        for (int i = 0; i < channel.Length; i++) channel[i] = i / _pixels;
        _spread = store.AddBuffer($"{scope}.channel", 1, Dimension, channel);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">In training: a channel has fewer than two numbers.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _weight);
        if (c.Mode != FlowMode.Train) return Normalize(tape, tape.Subtract(x, Spread(tape, _mean)), _variance, ValueKind.Exact, GradientKind.Exact);
        int count = x.Rows * _pixels;
        if (count < 2) throw new ArgumentException($"{Kind}: one number a channel has no variance; train with at least two rows.");
        Var mean = Collect(tape, tape.SumRows(x, 1.0 / count));
        Var centred = tape.Subtract(x, Spread(tape, mean));
        Var variance = Collect(tape, tape.SumRows(tape.Square(centred), 1.0 / (count - 1)));
        if (!c.Provisional)
        {
            Average(tape, mean, _mean);
            Average(tape, variance, _variance);
        }
        return Normalize(tape, centred, variance, ValueKind.Truncated, GradientKind.Biased);
    }

    /// <inheritdoc/>
    /// <remarks>Of the evaluation form: the running statistics, whatever the mode.</remarks>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _weight);
        Var scale = Scale(tape, _variance, out Var logDet);
        Var centred = tape.Divide(tape.Subtract(z, Spread(tape, _bias)), Spread(tape, scale));
        return FlowStep.Exact(tape.Add(centred, Spread(tape, _mean)), tape.Negate(logDet));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("channels", _channels);
        json.WriteNumber("pixels", _pixels);
        json.WriteNumber("eps", _eps);
        json.WriteNumber("momentum", _momentum);
    }

    private FlowStep Normalize(Tape<T> tape, Var centred, Var variance, ValueKind value, GradientKind gradient)
    {
        Var scale = Scale(tape, variance, out Var logDet);
        Var z = tape.Add(tape.Multiply(centred, Spread(tape, scale)), Spread(tape, _bias));
        return new FlowStep(z, logDet, value, gradient, Var.None, Var.None);
    }

    /// <summary>w/sqrt(v + eps) [1 x channels] and the log-determinant.</summary>
    private Var Scale(Tape<T> tape, Var variance, out Var logDet)
    {
        Var w = tape.AddConstant(tape.Softplus(_weight), _eps), v = tape.AddConstant(variance, _eps);
        logDet = tape.Sum(tape.Subtract(tape.Log(w), tape.Scale(tape.Log(v), 0.5)), _pixels);
        return tape.Divide(w, tape.Sqrt(v));
    }

    // running := (1 - momentum) running + momentum batch, as the step records it.
    private void Average(Tape<T> tape, Var batch, Var running)
    {
        Slice kept = tape.Store!.ValueOf(running);
        BasicKernels<T>.AddScaled(tape.Backend, kept, kept, -_momentum);
        BasicKernels<T>.AddScaled(tape.Backend, tape.ValueOf(batch), kept, _momentum);
    }

    /// <summary>[1 x channels] to [1 x features].</summary>
    private Var Spread(Tape<T> tape, Var perChannel) => _pixels == 1 ? perChannel : tape.GatherColumns(perChannel, _spread);

    /// <summary>[1 x features] to [1 x channels], summed over the pixels.</summary>
    private Var Collect(Tape<T> tape, Var perFeature)
        => _pixels == 1 ? perFeature : tape.SumColumns(perFeature.Reshape(_channels, _pixels)).Reshape(1, _channels);
}
