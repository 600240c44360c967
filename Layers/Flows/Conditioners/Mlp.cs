using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A fully connected network: h = x W^T + b, an activation between layers and none after the last.</summary>
/// <remarks>Parameters net.{i}.weight [out x in], net.{i}.bias [1 x out]. Cost: 2 x batch x sum of in x out flops.</remarks>
public sealed class Mlp<T> : IConditioner<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _hidden;
    private readonly DenseLayer[] _layers;
    private readonly Activation _activation;

    /// <summary>Makes the network.</summary>
    /// <param name="inputs">Columns in.</param>
    /// <param name="outputs">Columns out.</param>
    /// <param name="hidden">Widths of the hidden layers; none makes it one affine map.</param>
    /// <param name="activation">Between layers.</param>
    /// <exception cref="ArgumentException">A width is less than 1.</exception>
    public Mlp(int inputs, int outputs, ReadOnlySpan<int> hidden, Activation activation = Activation.Relu)
    {
        BijectorGuard.Dimension("mlp: number of inputs", inputs);
        BijectorGuard.Dimension("mlp: number of outputs", outputs);
        for (int i = 0; i < hidden.Length; i++) BijectorGuard.Dimension($"mlp: hidden[{i}]", hidden[i]);
        InputWidth = inputs;
        OutputWidth = outputs;
        _hidden = hidden.ToArray();
        _activation = activation;
        _layers = new DenseLayer[hidden.Length + 1];
        Array.Fill(_layers, DenseLayer.None);
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
        return reader.Make(() => new Mlp<T>(inputs, outputs, hidden, activation));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        BijectorGuard.NotAttached(Kind, _layers[0].Weight);
        for (int i = 0; i < _layers.Length; i++)
        {
            int from = i == 0 ? InputWidth : _hidden[i - 1], to = i == _hidden.Length ? OutputWidth : _hidden[i];
            bool last = i == _hidden.Length;
            _layers[i] = DenseLayer.Attach(store, $"{scope}.net.{i}", from, to, SeedMix.Of(seed, (ulong)i), last ? DenseLayer.LastLayerStart : 1, last ? outputStart : default);
        }
    }

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input)
    {
        BijectorGuard.Width(Kind, InputWidth, input);
        BijectorGuard.Attached(Kind, _layers[0].Weight);
        Var h = input;
        for (int i = 0; i < _layers.Length; i++)
        {
            if (i > 0) h = tape.Activate(_activation, h);
            h = _layers[i].Record(tape, h);
        }
        return h;
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartArray("hidden");
        foreach (int width in _hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", Activations.Names[(int)_activation]);
    }
}
