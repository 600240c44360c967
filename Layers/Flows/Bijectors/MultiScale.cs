using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>One level of a <see cref="MultiScale{T}"/>.</summary>
/// <param name="Layers">Applied to all features that are still there.</param>
/// <param name="Leave">How many of the first ones (or last, see <see cref="MultiScale{T}"/>) then leave for the output; the last level keeps them all, whatever is written.</param>
public readonly record struct ScaleLevel<T>(IReadOnlyList<IBijector<T>> Layers, int Leave) where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>
/// Layers in levels: after each, the first features leave for the output and the rest goes on, so that deep layers work on few features.
/// Output: the leavers of every level one after another, then the rest. Or the last features leave: then the output is the rest, the leavers
/// of the last level that has some, ..., those of the first. Either way features stay at their side. log|det| is the sum, [batch x 1].
/// </summary>
/// <remarks>On images [channels x height x width] it is the first channels that leave. Source: Dinh, Sohl-Dickstein and Bengio 2017, section 3.6.</remarks>
public sealed class MultiScale<T> : IBijector<T>, IDataDependentNest<T>, IImageLayer where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ScaleLevel<T>[] _levels;
    private readonly IBijector<T>[][] _layers;
    private readonly Var[] _out;
    private readonly bool _lastLeave;

    /// <summary>Makes the bijector. The layers belong to it alone.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="levels">From the first on.</param>
    /// <param name="lastLeave">Whether the last features of a level leave instead of the first.</param>
    /// <exception cref="ArgumentException">There is no level; a level leaves nothing or everything; a layer has another width than its level; contexts differ.</exception>
    public MultiScale(int dimension, IReadOnlyList<ScaleLevel<T>> levels, bool lastLeave = false)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (levels.Count == 0) throw new ArgumentException("levels is empty; give at least one.");
        _levels = [.. levels];
        // Arrays: walking them takes no memory.
        _layers = Array.ConvertAll(_levels, static l => l.Layers.ToArray());
        _out = new Var[_levels.Length];
        Dimension = dimension;
        _lastLeave = lastLeave;
        int left = dimension;
        for (int i = 0; i < _levels.Length; i++)
        {
            foreach (IBijector<T> layer in _levels[i].Layers)
            {
                ContextWidth = Math.Max(ContextWidth, layer.ContextWidth);
                if (layer.EvaluationValue > EvaluationValue) EvaluationValue = layer.EvaluationValue;
            }
            LayerList.Check($"level {i}", _levels[i].Layers, left, ContextWidth);
            bool last = i == _levels.Length - 1;
            if (!last && !(_levels[i].Leave >= 1 && _levels[i].Leave < left)) throw new ArgumentException($"level {i}: leave is {_levels[i].Leave} of {left} features; at least one must leave and one must stay.");
            left -= last ? left : _levels[i].Leave;
            if (!last) CheckImages(i);
        }
    }

    ImageShape? IImageLayer.ImageIn => LayerList.FirstImage(_levels[0].Layers);

    // Leavers of all levels, flat.
    ImageShape? IImageLayer.ImageOut => null;

    /// <inheritdoc/>
    public string Kind => "multi-scale";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => Array.TrueForAll(_layers, static level => Array.TrueForAll(level, static l => l.HasExactInverse));

    /// <inheritdoc/>
    public int ContextWidth { get; }

    /// <inheritdoc/>
    public ValueKind EvaluationValue { get; } = ValueKind.Exact;

    /// <inheritdoc/>
    public IEnumerable<IBijector<T>> Inner => _layers.SelectMany(static l => l);

    /// <summary>From a recipe entry: dimension, levels (a list of { layers, leave }; leave: half of what is left, rounded up), leaves ("first" or "last" features of a level).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static MultiScale<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("multi-scale", config);
        int dimension = reader.Integer("dimension", 1), left = dimension;
        var levels = new List<ScaleLevel<T>>();
        foreach (JsonElement entry in reader.Array("levels").EnumerateArray())
        {
            var level = new ConfigReader($"multi-scale: level {levels.Count}", entry);
            List<IBijector<T>> layers = LayerList.Read<T>(level.Array("layers"));
            int leave = level.Integer("leave", 0, (left + 1) / 2);
            levels.Add(level.Make(() => new ScaleLevel<T>(layers, leave)));
            left -= leave;
        }
        bool lastLeave = reader.Choice("leaves", "first", "first", "last") == "last";
        return reader.Make(() => new MultiScale<T>(dimension, levels, lastLeave));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        for (int i = 0; i < _levels.Length; i++) LayerList.Attach(_levels[i].Layers, store, $"{scope}.levels.{i}", SeedMix.Of(seed, (ulong)i));
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        var sum = new StepSum(x);
        Var h = x;
        for (int i = 0; i < _levels.Length; i++)
        {
            foreach (IBijector<T> layer in _layers[i])
            {
                FlowStep step = layer.Forward(tape, h, c);
                sum.Add(tape, step);
                h = step.Output;
            }
            h = Leave(tape, i, h);
        }
        return sum.Finish(tape) with { Output = tape.ConcatColumns(_out) };
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        var sum = new StepSum(z);
        int rest = Dimension;
        Var h = Var.None;
        for (int i = _levels.Length - 1; i >= 0; i--)
        {
            int leave = i == _levels.Length - 1 ? Rest : _levels[i].Leave;
            rest -= leave;
            // The leavers lie after those of the levels before, or before them.
            Var left = tape.SliceColumns(z, _lastLeave ? Dimension - rest - leave : rest, leave);
            h = h.IsNone ? left : _lastLeave ? tape.ConcatColumns(h, left) : tape.ConcatColumns(left, h);
            for (int k = _layers[i].Length - 1; k >= 0; k--)
            {
                FlowStep step = _layers[i][k].Inverse(tape, h, c);
                sum.Add(tape, step);
                h = step.Output;
            }
        }
        return sum.Finish(tape) with { Output = h };
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteString("leaves", _lastLeave ? "last" : "first");
        json.WriteStartArray("levels");
        for (int i = 0; i < _levels.Length; i++)
        {
            json.WriteStartObject();
            LayerList.Write(json, "layers", _levels[i].Layers);
            json.WriteNumber("leave", i == _levels.Length - 1 ? Rest : _levels[i].Leave);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    bool IDataDependentNest<T>.IsInitialized(ParameterStore<T> store)
    {
        foreach (ScaleLevel<T> level in _levels)
            if (!DataDependentStart.IsDone(level.Layers, store)) return false;
        return true;
    }

    Var IDataDependentNest<T>.Initialize(Tape<T> tape, Var x, in StepContext c)
    {
        Var h = x;
        for (int i = 0; i < _levels.Length; i++) h = Leave(tape, i, DataDependentStart.Run(tape, _levels[i].Layers, h, c));
        return tape.ConcatColumns(_out);
    }

    // Where whole channels leave, the next level's image must be what is left of this one's.
    private void CheckImages(int level)
    {
        if (LayerList.LastImage(_levels[level].Layers) is not { } image || LayerList.FirstImage(_levels[level + 1].Layers) is not { } next) return;
        int leave = _levels[level].Leave;
        if (leave % image.Pixels != 0) return;
        ImageShape left = image with { Channels = image.Channels - (leave / image.Pixels) };
        if (next != left)
            throw new ArgumentException($"level {level + 1} takes images {next}, but level {level} leaves {left}; give it the channels, height and width of that.");
    }

    // What the last level holds.
    private int Rest
    {
        get
        {
            int rest = Dimension;
            for (int i = 0; i < _levels.Length - 1; i++) rest -= _levels[i].Leave;
            return rest;
        }
    }

    private Var Leave(Tape<T> tape, int level, Var h)
    {
        if (level == _levels.Length - 1) return _out[Place(level)] = h;
        int leave = _levels[level].Leave, stay = h.Cols - leave;
        _out[Place(level)] = tape.SliceColumns(h, _lastLeave ? stay : 0, leave);
        return tape.SliceColumns(h, _lastLeave ? 0 : leave, stay);
    }

    private int Place(int level) => _lastLeave ? _levels.Length - 1 - level : level;
}
