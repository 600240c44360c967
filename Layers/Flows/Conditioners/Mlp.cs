using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A fully connected network: h = x W^T + b, an activation between layers and none after the last.</summary>
/// <remarks>Parameters net.{i}.weight [out x in], net.{i}.bias [1 x out]; with a spectral norm buffers net.{i}.u [1 x out], the left singular vector found last. Cost: 2 x batch x sum of in x out flops; 4 in x out more a layer for a spectral norm in training.</remarks>
public sealed class Mlp<T> : IConditioner<T>, ILipschitzNetwork<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _hidden;
    private readonly DenseLayer[] _layers;
    private readonly Activation _activation;
    private readonly WeightStart _start;
    private readonly double _spectralNorm;

    // Left singular vectors of the weights as found last, with a spectral norm only.
    private readonly Var[] _vectors;

    /// <summary>Makes the network.</summary>
    /// <param name="inputs">Columns in.</param>
    /// <param name="outputs">Columns out.</param>
    /// <param name="hidden">Widths of the hidden layers; none makes it one affine map.</param>
    /// <param name="activation">Between layers.</param>
    /// <param name="spectralNorm">Largest singular value that a weight may have: W min(1, kappa / sigma(W)) takes its place; infinite for none.</param>
    /// <param name="start">How weights start; a recipe has the default one.</param>
    /// <exception cref="ArgumentException">A width is less than 1, or the norm is not above 0.</exception>
    public Mlp(int inputs, int outputs, ReadOnlySpan<int> hidden, Activation activation = Activation.Relu, double spectralNorm = double.PositiveInfinity, WeightStart start = WeightStart.NearOutputStart)
    {
        BijectorGuard.Dimension("mlp: number of inputs", inputs);
        BijectorGuard.Dimension("mlp: number of outputs", outputs);
        for (int i = 0; i < hidden.Length; i++) BijectorGuard.Dimension($"mlp: hidden[{i}]", hidden[i]);
        InputWidth = inputs;
        OutputWidth = outputs;
        _hidden = hidden.ToArray();
        _activation = activation;
        _start = start;
        _layers = new DenseLayer[hidden.Length + 1];
        Array.Fill(_layers, DenseLayer.None);
        if (!(spectralNorm > 0)) throw new ArgumentException($"spectral_norm is {spectralNorm}; it must be above 0.");
        if (start != WeightStart.NearOutputStart && double.IsFinite(spectralNorm)) throw new ArgumentException("spectral_norm: a network with one starts near its output's start; leave the other start out.");
        _spectralNorm = spectralNorm;
        _vectors = new Var[_layers.Length];
    }

    /// <inheritdoc/>
    public string Kind => "mlp";

    /// <inheritdoc/>
    public int InputWidth { get; }

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>From a recipe entry: hidden (list of widths, [64, 64]), activation (relu).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static Mlp<T> FromConfig(JsonElement config, int inputs, int outputs)
    {
        var reader = new ConfigReader("mlp", config);
        int[] hidden = reader.Integers("hidden", [64, 64]);
        Activation activation = Activations.Read(reader, Activation.Relu);
        double spectralNorm = reader.OptionalNumber("spectral_norm") ?? double.PositiveInfinity;
        return reader.Make(() => new Mlp<T>(inputs, outputs, hidden, activation, spectralNorm));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        BijectorGuard.NotAttached(Kind, _layers[0].Weight);
        for (int i = 0; i < _layers.Length; i++)
        {
            int from = i == 0 ? InputWidth : _hidden[i - 1], to = i == _hidden.Length ? OutputWidth : _hidden[i];
            bool last = i == _hidden.Length;
            if (_start == WeightStart.UniformFanIn)
            {
                _layers[i] = DenseLayer.AttachUniform(store, $"{scope}.net.{i}", from, to, SeedMix.Of(seed, (ulong)i));
                continue;
            }
            _layers[i] = DenseLayer.Attach(store, $"{scope}.net.{i}", from, to, SeedMix.Of(seed, (ulong)i), last ? DenseLayer.LastLayerStart : 1, last ? outputStart : default);
            if (double.IsInfinity(_spectralNorm)) continue;
            double[] start = DenseLayer.StartWeights(scope, from, to, SeedMix.Of(seed, (ulong)i), last ? DenseLayer.LastLayerStart : 1);
            _vectors[i] = store.AddBuffer($"{scope}.net.{i}.u", 1, to, SpectralWeight<T>.StartVector(start, to, from, SeedMix.Of(seed, (ulong)i)));
        }
    }

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input) => Record(tape, input, new StepContext());

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input, in StepContext c)
    {
        BijectorGuard.Width(Kind, InputWidth, input);
        BijectorGuard.Attached(Kind, _layers[0].Weight);
        Var h = input;
        for (int i = 0; i < _layers.Length; i++)
        {
            if (i > 0) h = tape.Activate(_activation, h);
            DenseLayer layer = _layers[i];
            if (double.IsFinite(_spectralNorm)) layer = layer with { Weight = SpectralWeight<T>.Record(tape, layer.Weight, _vectors[i], _spectralNorm, c.Mode == FlowMode.Train, keep: !c.Provisional) };
            h = layer.Record(tape, h);
        }
        return h;
    }

    /// <inheritdoc/>
    /// <remarks>Product of the weights' largest singular values (as evaluated: the spectral norm, where the iteration has found it) and of the activation's steepest slope between layers.</remarks>
    public NetworkBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        BijectorGuard.Attached(Kind, _layers[0].Weight);
        double lipschitz = 1, reach = inputBound;
        for (int i = 0; i < _layers.Length; i++)
        {
            if (i > 0) (lipschitz, reach) = (lipschitz * Activations.Steepest(_activation), Activations.Reach(_activation, reach));
            (int rows, int cols) = (_layers[i].Weight.Rows, _layers[i].Weight.Cols);
            double[] w = SingularValues.Read(store, _layers[i].Weight);
            double scale = double.IsFinite(_spectralNorm) ? SpectralWeight<T>.Factor(store, w, rows, cols, _vectors[i], _spectralNorm) : 1;
            for (int j = 0; j < w.Length; j++) w[j] *= scale;
            lipschitz *= SingularValues.Of(w, rows, cols)[0];
            reach = SingularValues.Reach(w, rows, cols, SingularValues.Read(store, _layers[i].Bias), reach);
        }
        return new NetworkBounds(lipschitz, reach);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartArray("hidden");
        foreach (int width in _hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", Activations.Names[(int)_activation]);
        if (double.IsFinite(_spectralNorm)) json.WriteNumber("spectral_norm", _spectralNorm);
    }
}
