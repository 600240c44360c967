using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A learned scale and shift a channel, set from the first batch so that each channel starts with mean 0 and variance 1: z = e^s x + t, or z = (x - t) e^-s. log|det| = +-pixels sum s, [1 x 1].</summary>
/// <remarks>
/// An image is a row of channels times pixels numbers, feature index channel * pixels + pixel. Start values: mean and unbiased standard
/// deviation of the channel over batch and pixels. A channel that hardly varies gets the floor 1/1000 of the root mean square of all
/// channels' deviations in place of its own (1 if none varies), so that a constant pixel is not blown up.
/// Parameters log_scale, shift [1 x channels]; counter initialized. Cost: one multiply-add an element. Source: Kingma and Dhariwal 2018, Glow, section 3.1.
/// </remarks>
public sealed class ActNorm<T> : IBijector<T>, IDataDependent<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double RelativeFloor = 1e-3;

    private readonly int _channels;
    private readonly int _pixels;
    private readonly bool _centerFirst;
    private Var _logScale = Var.None;
    private Var _shift = Var.None;
    private int _initialized = -1;

    /// <summary>Makes the bijector.</summary>
    /// <param name="channels">Number of channels; of features, for plain vectors.</param>
    /// <param name="pixels">Features a channel, height times width of an image.</param>
    /// <param name="centerFirst">z = (x - t) e^-s in place of z = e^s x + t.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public ActNorm(int channels, int pixels = 1, bool centerFirst = false)
    {
        BijectorGuard.Dimension("channels", channels);
        BijectorGuard.Dimension("pixels", pixels);
        if ((long)channels * pixels > int.MaxValue) throw new ArgumentException($"channels is {channels}, pixels is {pixels}; their product is too large.");
        _channels = channels;
        _pixels = pixels;
        _centerFirst = centerFirst;
    }

    /// <inheritdoc/>
    public string Kind => "actnorm";

    /// <inheritdoc/>
    public int Dimension => _channels * _pixels;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    private AffineForm Form => _centerFirst ? AffineForm.CenterFirst : AffineForm.ScaleFirst;

    /// <summary>From a recipe entry: channels, pixels (1), center_first (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static ActNorm<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("actnorm", config);
        int channels = reader.Integer("channels", 1), pixels = reader.Integer("pixels", 1, 1);
        bool centerFirst = reader.Flag("center_first", false);
        return reader.Make(() => new ActNorm<T>(channels, pixels, centerFirst));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _logScale);
        _logScale = store.AddParameter($"{scope}.log_scale", 1, _channels, decay: false);
        _shift = store.AddParameter($"{scope}.shift", 1, _channels, decay: false);
        _initialized = store.AddCounter($"{scope}.initialized");
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _logScale);
        (Var z, Var logDet) = ActNormOp<T>.Record(tape, x, _logScale, _shift, Form, _pixels);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _logScale);
        (Var x, Var logDet) = ActNormOp<T>.Record(tape, z, _logScale, _shift, Form ^ AffineForm.CenterFirst, _pixels);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public bool IsInitialized(ParameterStore<T> store)
    {
        BijectorGuard.Attached(Kind, _logScale);
        return store[_initialized] != 0;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is not [rows x features], or a channel has fewer than two numbers.</exception>
    /// <exception cref="NonFiniteException">The batch holds NaN or an infinity.</exception>
    public void Initialize(ParameterStore<T> store, ReadOnlySpan<T> x, int rows)
    {
        BijectorGuard.Attached(Kind, _logScale);
        if (rows < 1 || x.Length != rows * Dimension) throw new ArgumentException($"{Kind}: {x.Length} numbers are not {rows} rows of {Dimension} features.");
        if (rows * _pixels < 2) throw new ArgumentException($"{Kind}: one row has no variance; initialise from at least two.");
        double[] mean = new double[_channels], deviation = new double[_channels];
        double count = (double)rows * _pixels;
        for (int i = 0; i < x.Length; i++) mean[i % Dimension / _pixels] += double.CreateTruncating(x[i]) / count;
        for (int i = 0; i < x.Length; i++)
        {
            double d = double.CreateTruncating(x[i]) - mean[i % Dimension / _pixels];
            if (!double.IsFinite(d)) throw new NonFiniteException($"{Kind}: the batch to initialise from holds {x[i]} (or an infinite mean) in row {i / Dimension}, column {i % Dimension}.");
            deviation[i % Dimension / _pixels] += d * d / (count - 1);
        }
        double total = 0;
        foreach (double variance in deviation) total += variance;
        double floor = total > 0 ? RelativeFloor * Math.Sqrt(total / _channels) : 1;
        double[] logScale = new double[_channels], shift = new double[_channels];
        for (int c = 0; c < _channels; c++)
        {
            double std = Math.Max(Math.Sqrt(deviation[c]), floor);
            // The published center-first form adds 1e-8 to the deviation; kept, so that its numbers come out.
            logScale[c] = _centerFirst ? Math.Log(std + 1e-8) : -Math.Log(std);
            shift[c] = _centerFirst ? mean[c] : -mean[c] / std;
        }
        store.Write(_logScale, logScale);
        store.Write(_shift, shift);
        store[_initialized] = 1;
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        BijectorGuard.Attached(Kind, _logScale);
        double[] log = SingularValues.Read(store, _logScale), shift = SingularValues.Read(store, _shift);
        double most = 0, least = double.PositiveInfinity, output = 0;
        for (int c = 0; c < _channels; c++)
        {
            double scale = Math.Exp(_centerFirst ? -log[c] : log[c]);
            (most, least) = (Math.Max(most, scale), Math.Min(least, scale));
            output = Math.Max(output, _centerFirst ? scale * (inputBound + Math.Abs(shift[c])) : (scale * inputBound) + Math.Abs(shift[c]));
        }
        return new LipschitzBounds(most, 1 / least, output);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("channels", _channels);
        json.WriteNumber("pixels", _pixels);
        json.WriteBoolean("center_first", _centerFirst);
    }
}
