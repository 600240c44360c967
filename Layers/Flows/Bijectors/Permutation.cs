using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z[:, j] = x[:, order[j]] for channels j. log|det| = 0, [1 x 1].</summary>
/// <remarks>Buffer order [1 x channels]. An image is a row of channels times pixels numbers. Cost: one move an element.</remarks>
public sealed class Permutation<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
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
        if (channels > 1 << 24 || (long)channels * pixels > int.MaxValue) throw new ArgumentException($"channels is {channels}, pixels is {pixels}; that is too many.");
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

    /// <summary>An order drawn from <paramref name="seed"/>; without one, from the seed and the scope given to <see cref="Attach"/>.</summary>
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
        var order = new double[_channels];
        for (int j = 0; j < _channels; j++) order[j] = _given is not null ? _given[j] : _order == ReverseOrder ? _channels - 1 - j : j;
        if (_order == RandomOrder) Shuffle(order, _seed ?? seed, _seed is null ? Hash(scope) : 0);
        _buffer = store.AddBuffer($"{scope}.order", 1, _channels, order);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Record(tape, x, false);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Record(tape, z, true);

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

    private FlowStep Record(Tape<T> tape, Var x, bool reverse)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _buffer);
        return FlowStep.Exact(PermuteColumnsOp<T>.Record(tape, x, _buffer, _pixels, reverse), tape.Constant(0));
    }

    // Fisher and Yates.
    private static void Shuffle(double[] order, ulong key, ulong stream)
    {
        var uniform = new double[order.Length];
        RandomFill.Uniform(key, stream, 0, uniform);
        for (int j = order.Length - 1; j > 0; j--)
        {
            int other = Math.Min(j, (int)(uniform[j] * (j + 1)));
            (order[j], order[other]) = (order[other], order[j]);
        }
    }

    // FNV-1a: the same on every machine and run, unlike string.GetHashCode.
    private static ulong Hash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = unchecked((hash ^ c) * 1099511628211);
        return hash;
    }
}
