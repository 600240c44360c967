using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A residual network of equal widths: h = initial(x); per block h = h + linear1(act(linear0(act(h)))); final(h).</summary>
/// <remarks>
/// Parameters net.initial, net.block{i}.linear0, net.block{i}.linear1, net.final, each with weight [out x in] and bias [1 x out].
/// The second layer of a block starts small, so that a block starts near the identity. Source: He et al. 2016, pre-activation; as in nflows.
/// </remarks>
public sealed class ResidualMlp<T> : IConditioner<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _hidden;
    private readonly Activation _activation;
    private readonly DenseLayer[] _first;
    private readonly DenseLayer[] _second;
    private DenseLayer _initial = DenseLayer.None;
    private DenseLayer _final = DenseLayer.None;

    /// <summary>Makes the network.</summary>
    /// <param name="inputs">Columns in.</param>
    /// <param name="outputs">Columns out.</param>
    /// <param name="hidden">Width of every hidden layer.</param>
    /// <param name="blocks">Number of residual blocks; none makes it two affine maps in a row.</param>
    /// <param name="activation">In the blocks.</param>
    /// <exception cref="ArgumentException">A width is less than 1, or the number of blocks negative.</exception>
    public ResidualMlp(int inputs, int outputs, int hidden, int blocks = 2, Activation activation = Activation.Relu)
    {
        BijectorGuard.Dimension("residual-mlp: number of inputs", inputs);
        BijectorGuard.Dimension("residual-mlp: number of outputs", outputs);
        BijectorGuard.Dimension("residual-mlp: hidden", hidden);
        if (blocks < 0) throw new ArgumentException($"residual-mlp: blocks is {blocks}; it must be 0 or more.");
        InputWidth = inputs;
        OutputWidth = outputs;
        _hidden = hidden;
        _activation = activation;
        _first = new DenseLayer[blocks];
        _second = new DenseLayer[blocks];
    }

    /// <inheritdoc/>
    public string Kind => "residual-mlp";

    /// <inheritdoc/>
    public int InputWidth { get; }

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>From a recipe entry: hidden (width, 64), blocks (2), activation (relu).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static ResidualMlp<T> FromConfig(JsonElement config, int inputs, int outputs)
    {
        var reader = new ConfigReader("residual-mlp", config);
        int hidden = reader.Integer("hidden", 1, 64), blocks = reader.Integer("blocks", 0, 2);
        Activation activation = Activations.Read(reader, Activation.Relu);
        return reader.Make(() => new ResidualMlp<T>(inputs, outputs, hidden, blocks, activation));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        BijectorGuard.NotAttached(Kind, _initial.Weight);
        _initial = DenseLayer.Attach(store, $"{scope}.net.initial", InputWidth, _hidden, SeedMix.Of(seed, 0));
        for (int i = 0; i < _first.Length; i++)
        {
            _first[i] = DenseLayer.Attach(store, $"{scope}.net.block{i}.linear0", _hidden, _hidden, SeedMix.Of(seed, (ulong)(2 * i) + 1));
            _second[i] = DenseLayer.Attach(store, $"{scope}.net.block{i}.linear1", _hidden, _hidden, SeedMix.Of(seed, (ulong)(2 * i) + 2), DenseLayer.LastLayerStart);
        }
        _final = DenseLayer.Attach(store, $"{scope}.net.final", _hidden, OutputWidth, SeedMix.Of(seed, (ulong)(2 * _first.Length) + 1), DenseLayer.LastLayerStart, outputStart);
    }

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input)
    {
        BijectorGuard.Width(Kind, InputWidth, input);
        BijectorGuard.Attached(Kind, _initial.Weight);
        Var h = _initial.Record(tape, input);
        for (int i = 0; i < _first.Length; i++)
        {
            Var inner = _first[i].Record(tape, tape.Activate(_activation, h));
            h = tape.Add(h, _second[i].Record(tape, tape.Activate(_activation, inner)));
        }
        return _final.Record(tape, h);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("hidden", _hidden);
        json.WriteNumber("blocks", _first.Length);
        json.WriteString("activation", Activations.Names[(int)_activation]);
    }
}
