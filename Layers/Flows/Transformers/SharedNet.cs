using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Parameters of a small network that a transformer applies to every element: net.{i}.weight [out x in], net.{i}.bias [1 x out]. Input is the number, then its embedding.</summary>
internal sealed class SharedNet<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly string _kind;
    private readonly int[] _hidden;

    /// <summary>Makes it, with one number out.</summary>
    /// <exception cref="ArgumentException">No hidden layer, or a width out of range.</exception>
    public SharedNet(string kind, int embedding, int[] hidden, int leastWidth)
    {
        if (embedding is < 1 or > 1000) throw new ArgumentException($"embedding is {embedding}; it must lie in 1 .. 1000.");
        if (hidden.Length == 0) throw new ArgumentException("hidden is empty; it must have at least one width.");
        for (int i = 0; i < hidden.Length; i++)
            if (hidden[i] < leastWidth || hidden[i] > 10000) throw new ArgumentException($"hidden[{i}] is {hidden[i]}; it must lie in {leastWidth} .. 10000.");
        _kind = kind;
        _hidden = hidden;
        Embedding = embedding;
        Weights = new Var[hidden.Length + 1];
        Biases = new Var[hidden.Length + 1];
        Array.Fill(Weights, Var.None);
    }

    public int Embedding { get; }

    public ReadOnlySpan<int> Hidden => _hidden;

    public Var[] Weights { get; }

    public Var[] Biases { get; }

    /// <summary>Adds the parameters. Weights of layer i start with deviation 1/sqrt(in), the last layer's times <paramref name="last"/>; <paramref name="shape"/> may change them (layer, inputs, weights).</summary>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, double last, Action<int, int, double[]>? shape = null)
    {
        BijectorGuard.NotAttached(_kind, Weights[0]);
        for (int i = 0; i < Weights.Length; i++)
        {
            int from = i == 0 ? Embedding + 1 : _hidden[i - 1], to = i == _hidden.Length ? 1 : _hidden[i];
            var weight = new double[to * from];
            RandomFill.Gaussian<double>(SeedMix.Of(seed, (ulong)i), 0, 0, weight);
            double deviation = (i == _hidden.Length ? last : 1) / Math.Sqrt(from);
            for (int j = 0; j < weight.Length; j++) weight[j] *= deviation;
            shape?.Invoke(i, from, weight);
            Weights[i] = store.AddParameter($"{scope}.net.{i}.weight", to, from, weight);
            Biases[i] = store.AddParameter($"{scope}.net.{i}.bias", 1, to, decay: false);
        }
    }

    /// <summary>Throws unless <see cref="Attach"/> was called.</summary>
    public void RequireAttached() => BijectorGuard.Attached(_kind, Weights[0]);
}
