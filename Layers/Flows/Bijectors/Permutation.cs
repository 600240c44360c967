using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z[:, j] = x[:, order[j]] for channels j. log|det| = 0, [1 x 1].</summary>
/// <remarks>Buffer order [1 x features]: the column that each output column takes. An image is a row of channels times pixels numbers. Cost: one move an element.</remarks>
public sealed class Permutation<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const string RandomOrder = "random", ReverseOrder = "reverse";

    private readonly int _channels;
    private readonly int _pixels;
    private readonly ulong? _seed;
    private readonly int[]? _given;
    private readonly string _order;
    private Var _buffer = Var.None;

    private Permutation(int channels, int pixels, string order, ulong? seed, int[]? given)
    {
        BijectorGuard.Dimension("channels", channels);
        BijectorGuard.Dimension("pixels", pixels);
        // The order is kept in numbers of type T; float counts exactly up to 2^24.
        if ((long)channels * pixels > 1 << 24) throw new ArgumentException($"channels is {channels}, pixels is {pixels}; that is too many.");
        _channels = channels;
        _pixels = pixels;
        _order = order;
        _seed = seed;
        _given = given;
    }

    /// <inheritdoc/>
    public string Kind => "permutation";

    /// <inheritdoc/>
    public int Dimension => _channels * _pixels;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>An order drawn from <paramref name="seed"/>; without one, from the one given to <see cref="Attach"/>.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static Permutation<T> Random(int channels, ulong? seed = null, int pixels = 1) => new(channels, pixels, RandomOrder, seed, null);

    /// <summary>The last channel first.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static Permutation<T> Reverse(int channels, int pixels = 1) => new(channels, pixels, ReverseOrder, null, null);

    /// <summary>The order given: z[:, j] = x[:, order[j]].</summary>
    /// <exception cref="ArgumentException">The order does not hold each of 0 .. n-1 once.</exception>
    public static Permutation<T> Given(ReadOnlySpan<int> order, int pixels = 1)
    {
        var seen = new bool[order.Length];
        for (int j = 0; j < order.Length; j++)
        {
            if ((uint)order[j] >= (uint)order.Length || seen[order[j]])
                throw new ArgumentException($"order[{j}] is {order[j]}; the order must hold each of 0..{order.Length - 1} once.");
            seen[order[j]] = true;
        }
        return new Permutation<T>(order.Length, pixels, "given", null, order.ToArray());
    }

    /// <summary>From a recipe entry: either order (a list), or channels with arrange "random" (default) or "reverse" and, for random, a seed; pixels (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Permutation<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("permutation", config);
        int pixels = reader.Integer("pixels", 1, 1);
        double[]? given = reader.Numbers("order", required: false);
        if (given is not null)
        {
            var order = new int[given.Length];
            for (int j = 0; j < order.Length; j++)
            {
                if (given[j] != Math.Floor(given[j]) || given[j] < 0 || given[j] >= order.Length)
                    throw new BadInputException($"permutation: property 'order' holds {given[j]} at place {j}; it must hold each of 0..{order.Length - 1} once.");
                order[j] = (int)given[j];
            }
            return reader.Make(() => Given(order, pixels));
        }
        int channels = reader.Integer("channels", 1);
        string arrange = reader.Choice("arrange", RandomOrder, RandomOrder, ReverseOrder);
        ulong? seed = reader.Seed("seed");
        if (arrange == ReverseOrder && seed is not null) throw new BadInputException("permutation: property 'seed' says nothing about a reversed order; remove it.");
        return reader.Make(() => new Permutation<T>(channels, pixels, arrange, seed, null));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _buffer);
        var order = new int[_channels];
        for (int j = 0; j < _channels; j++) order[j] = _given is not null ? _given[j] : _order == ReverseOrder ? _channels - 1 - j : j;
        if (_order == RandomOrder) RandomFill.Shuffle(_seed ?? seed, 0, order);
        var columns = new double[Dimension];
        for (int i = 0; i < columns.Length; i++) columns[i] = (order[i / _pixels] * _pixels) + (i % _pixels);
        _buffer = store.AddBuffer($"{scope}.order", 1, columns.Length, columns);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _buffer);
        return FlowStep.Exact(tape.GatherColumns(x, _buffer), tape.Constant(0));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _buffer);
        return FlowStep.Exact(tape.ScatterAddColumns(z, _buffer, Dimension), tape.Constant(0));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound) => new(1, 1, inputBound);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("pixels", _pixels);
        if (_given is not null)
        {
            json.WriteStartArray("order");
            foreach (int j in _given) json.WriteNumberValue(j);
            json.WriteEndArray();
            return;
        }
        json.WriteNumber("channels", _channels);
        json.WriteString("arrange", _order);
        if (_seed is not null) json.WriteNumber("seed", _seed.Value);
    }
}
