using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>x + h(x) with a fully connected smooth network h of D features to D. The last layer starts small, so that the whole starts near the identity.</summary>
/// <remarks>Parameters {i}.weight [out x in], {i}.bias [1 x out].</remarks>
internal sealed class SkipMlp<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _widths;
    private readonly SmoothActivation _activation;
    private readonly DenseLayer[] _layers;

    public SkipMlp(int dimension, ReadOnlySpan<int> hidden, SmoothActivation activation)
    {
        BijectorGuard.Dimension("dimension", dimension);
        for (int i = 0; i < hidden.Length; i++) BijectorGuard.Dimension($"hidden[{i}]", hidden[i]);
        if (activation == SmoothActivation.LipSwish) throw new ArgumentException("activation is lipswish, which is for contractions; take silu.");
        _widths = [dimension, .. hidden, dimension];
        BijectorGuard.Weights(_widths);
        Widest = Math.Max(_widths.Max(), (int)Math.Min(int.MaxValue, (long)dimension * dimension));
        _activation = activation;
        _layers = new DenseLayer[_widths.Length - 1];
        Array.Fill(_layers, DenseLayer.None);
    }

    /// <summary>Columns of the widest value of a row: a hidden layer, or the Jacobian.</summary>
    public int Widest { get; }

    public Var FirstWeight => _layers[0].Weight;

    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        for (int i = 0; i < _layers.Length; i++)
            _layers[i] = DenseLayer.Attach(store, $"{scope}.{i}", _widths[i], _widths[i + 1], SeedMix.Of(seed, (ulong)i), i + 1 == _layers.Length ? DenseLayer.LastLayerStart : 1);
    }

    /// <summary>Records x + h(x).</summary>
    public Var Record(Tape<T> tape, Var x)
    {
        Var h = x;
        for (int i = 0; i < _layers.Length; i++)
            h = _layers[i].Record(tape, i == 0 ? h : tape.Activate(_activation, h, Var.None));
        return tape.Add(h, x);
    }
}
