using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>One network for each of the P raw parameters of a feature (shift and scale, say), all on the same input.</summary>
/// <remarks>Scopes part{p}. Cost: that of the networks and a copy of their outputs. Source: RealNVP's separate s and t networks.</remarks>
public sealed class SeparateNetworks<T> : IConditioner<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly IConditioner<T>[] _networks;
    private readonly Var[] _outputs;
    private Var _order = Var.None;

    /// <summary>Makes the conditioner.</summary>
    /// <param name="networks">Network p gives parameter p of every feature, [batch x features]; all have the same widths.</param>
    /// <exception cref="ArgumentException">There is none, or the widths differ.</exception>
    public SeparateNetworks(IReadOnlyList<IConditioner<T>> networks)
    {
        if (networks.Count == 0) throw new ArgumentException("separate: there is no network; give one for each parameter of a feature.");
        _networks = [.. networks];
        _outputs = new Var[_networks.Length];
        foreach (IConditioner<T> n in _networks)
            if (n.InputWidth != _networks[0].InputWidth || n.OutputWidth != _networks[0].OutputWidth)
                throw new ArgumentException($"separate: one network maps {_networks[0].InputWidth} to {_networks[0].OutputWidth} columns, another {n.InputWidth} to {n.OutputWidth}; they must be equal.");
        InputWidth = _networks[0].InputWidth;
        OutputWidth = checked(_networks.Length * _networks[0].OutputWidth);
    }

    /// <inheritdoc/>
    public string Kind => "separate";

    /// <inheritdoc/>
    public int InputWidth { get; }

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>From a recipe entry: networks (a list of conditioners, one for each parameter of a feature).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static SeparateNetworks<T> FromConfig(JsonElement config, int inputs, int outputs)
    {
        var reader = new ConfigReader("separate", config);
        JsonElement list = reader.Array("networks");
        int count = list.GetArrayLength();
        if (count == 0 || outputs % count != 0)
            throw new BadInputException($"separate: property 'networks' has {count} entries for {outputs} parameters in all; it must have one for each parameter of a feature.");
        var networks = new List<IConditioner<T>>();
        foreach (JsonElement network in list.EnumerateArray()) networks.Add(ConditionerRegistry.Create<T>(network, inputs, outputs / count));
        return reader.Make(() => new SeparateNetworks<T>(networks));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        BijectorGuard.NotAttached(Kind, _order);
        int features = _networks[0].OutputWidth, count = _networks.Length;
        var order = new double[features * count];
        var start = new double[features];
        for (int p = 0; p < count; p++)
        {
            for (int j = 0; j < features; j++)
            {
                order[(j * count) + p] = (p * features) + j;
                start[j] = outputStart.IsEmpty ? 0 : outputStart[(j * count) + p];
            }
            _networks[p].Attach(store, $"{scope}.part{p}", SeedMix.Of(seed, (ulong)p), start);
        }
        _order = store.AddBuffer($"{scope}.order_of_parts", 1, order.Length, order);
    }

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input) => Record(tape, input, new StepContext());

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input, in StepContext c)
    {
        BijectorGuard.Width(Kind, InputWidth, input);
        BijectorGuard.Attached(Kind, _order);
        if (_networks.Length == 1) return _networks[0].Record(tape, input, c);
        for (int p = 0; p < _networks.Length; p++) _outputs[p] = _networks[p].Record(tape, input, c);
        return tape.GatherColumns(tape.ConcatColumns(_outputs), _order);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartArray("networks");
        foreach (IConditioner<T> network in _networks)
        {
            json.WriteStartObject();
            json.WriteString("kind", network.Kind);
            network.WriteConfig(json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
