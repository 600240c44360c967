using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A network that sees angles as their cosines and sines, so that what it gives goes on across the seam at +-pi. Other columns pass as they are.</summary>
/// <remarks>Scope network. The network's input is the other columns, then the cosines, then the sines.</remarks>
public sealed class AngleFeatures<T> : IConditioner<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool[] _angles;
    private readonly IConditioner<T> _network;
    private readonly FeatureSplit<T>? _split;

    /// <summary>Makes the conditioner.</summary>
    /// <param name="angles">One entry an input column: true for an angle. At least one must be.</param>
    /// <param name="network">From the encoded columns, one more for each angle.</param>
    /// <exception cref="ArgumentException">There is no angle, or the network's width does not fit.</exception>
    public AngleFeatures(ReadOnlySpan<bool> angles, IConditioner<T> network)
    {
        int count = angles.Count(true);
        if (count == 0) throw new ArgumentException("angles marks no column; mark one with 1, or give the network alone.");
        if (network.InputWidth != angles.Length + count)
            throw new ArgumentException($"network takes {network.InputWidth} columns; {angles.Length} columns with {count} angles are encoded as {angles.Length + count}.");
        _angles = angles.ToArray();
        _network = network;
        if (count < angles.Length) _split = new FeatureSplit<T>(angles);
    }

    /// <inheritdoc/>
    public string Kind => "angle-features";

    /// <inheritdoc/>
    public int InputWidth => _angles.Length;

    /// <inheritdoc/>
    public int OutputWidth => _network.OutputWidth;

    /// <summary>From a recipe entry: angles (1 for an angle, 0 for another column, in the order of the columns; all are angles without), network (a conditioner's entry).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static AngleFeatures<T> FromConfig(JsonElement config, int inputs, int outputs, int parameters)
    {
        var reader = new ConfigReader("angle-features", config);
        int[] marks = reader.Has("angles") ? reader.Integers("angles") : [.. Enumerable.Repeat(1, inputs)];
        if (marks.Length != inputs || marks.AsSpan().ContainsAnyExceptInRange(0, 1))
            throw new BadInputException($"angle-features: property 'angles' is [{string.Join(',', marks)}]; it must hold 0 or 1 for each of {inputs} columns.");
        IConditioner<T> network = ConditionerRegistry.Create<T>(reader.Object("network"), checked(inputs + marks.AsSpan().Count(1)), outputs, parameters);
        return reader.Make(() => new AngleFeatures<T>(Array.ConvertAll(marks, static m => m == 1), network));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        _split?.Attach(Kind, store, $"{scope}.angles");
        _network.Attach(store, $"{scope}.network", seed, outputStart);
    }

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input) => Record(tape, input, new StepContext());

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, Var input, in StepContext c)
    {
        BijectorGuard.Width(Kind, InputWidth, input);
        if (_split is null) return _network.Record(tape, tape.ConcatColumns(tape.Cos(input), tape.Sin(input)), c);
        (Var others, Var angles) = _split.Apart(Kind, tape, input);
        return _network.Record(tape, tape.ConcatColumns(others, tape.Cos(angles), tape.Sin(angles)), c);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartArray("angles");
        foreach (bool angle in _angles) json.WriteNumberValue(angle ? 1 : 0);
        json.WriteEndArray();
        ConditionerRegistry.Write(json, "network", _network);
    }
}
