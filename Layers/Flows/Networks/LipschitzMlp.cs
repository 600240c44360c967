using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A fully connected network g of D features to D whose Lipschitz constant is at most c: every weight is held at spectral norm c^(1/layers), and no activation is steeper than 1.</summary>
/// <remarks>Parameters net.{i}.weight [out x in], net.{i}.bias [1 x out], net.{i}.beta [1 x 1] (lipswish, hidden layers); buffers net.{i}.u [1 x out], the left singular vector found last.</remarks>
internal sealed class LipschitzMlp<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _widths;
    private readonly SmoothActivation _activation;
    private readonly double _bound;
    private readonly Var[] _weights;
    private readonly Var[] _biases;
    private readonly Var[] _betas;
    private readonly Var[] _vectors;

    // Bounded weights as recorded last: the same for every use of the network on that tape.
    private readonly Var[] _bounded;

    public LipschitzMlp(int dimension, ReadOnlySpan<int> hidden, SmoothActivation activation, double lipschitz)
    {
        BijectorGuard.Dimension("dimension", dimension);
        for (int i = 0; i < hidden.Length; i++) BijectorGuard.Dimension($"hidden[{i}]", hidden[i]);
        if (!(lipschitz > 0 && lipschitz < 1)) throw new ArgumentException($"lipschitz is {lipschitz}; it must lie between 0 and 1, or the map has no inverse.");
        if (activation == SmoothActivation.Silu) throw new ArgumentException("activation is silu, whose slope exceeds 1; take lipswish, which is silu over 1.1.");
        _widths = [dimension, .. hidden, dimension];
        BijectorGuard.Weights(_widths);
        Widest = Math.Max(_widths.Max(), (int)Math.Min(int.MaxValue, (long)dimension * dimension));
        int narrowest = hidden.IsEmpty ? dimension : _widths[1..^1].Min();
        WaistWidth = narrowest < dimension ? narrowest : 0;
        _activation = activation;
        int layers = _widths.Length - 1;
        _bound = Math.Pow(lipschitz, 1.0 / layers);
        _weights = new Var[layers];
        _biases = new Var[layers];
        _betas = new Var[layers];
        _vectors = new Var[layers];
        _bounded = new Var[layers];
        Array.Fill(_weights, Var.None);
        Array.Fill(_betas, Var.None);
    }

    /// <summary>Columns of the widest value of a row: a hidden layer, or the Jacobian.</summary>
    public int Widest { get; }

    /// <summary>What the narrowest hidden layer gets before its activation, as recorded last, where it has fewer columns than the input; otherwise none.</summary>
    public Var Waist { get; private set; } = Var.None;

    /// <summary>Columns of <see cref="Waist"/>; 0 where there is none.</summary>
    public int WaistWidth { get; }

    public Var FirstWeight => _weights[0];

    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        for (int i = 0; i < _weights.Length; i++)
        {
            int from = _widths[i], to = _widths[i + 1];
            var weight = new double[to * from];
            RandomFill.Gaussian<double>(SeedMix.Of(seed, (ulong)i), 0, 0, weight);
            double deviation = 1 / Math.Sqrt(from);
            for (int j = 0; j < weight.Length; j++) weight[j] *= deviation;
            double[] u = SpectralWeight<T>.StartVector(weight, to, from, SeedMix.Of(seed, (ulong)i));
            _weights[i] = store.AddParameter($"{scope}.net.{i}.weight", to, from, weight);
            _biases[i] = store.AddParameter($"{scope}.net.{i}.bias", 1, to, decay: false);
            if (_activation == SmoothActivation.LipSwish && i + 1 < _weights.Length) _betas[i] = store.AddParameter($"{scope}.net.{i}.beta", 1, 1, [0.5], decay: false);
            _vectors[i] = store.AddBuffer($"{scope}.net.{i}.u", 1, to, u);
        }
    }

    /// <summary>Records the bounded weights for the uses that follow: one step of the power iteration while training, kept if <paramref name="keep"/>; otherwise until the bound is exact, keeping nothing.</summary>
    public void Prepare(Tape<T> tape, bool train, bool keep = true)
    {
        for (int i = 0; i < _weights.Length; i++) _bounded[i] = SpectralWeight<T>.Record(tape, _weights[i], _vectors[i], _bound, train, keep);
    }

    /// <summary>Records g(x) with the weights of the last <see cref="Prepare"/>.</summary>
    public Var Record(Tape<T> tape, Var x)
    {
        Var h = x;
        for (int i = 0; i < _weights.Length; i++)
        {
            if (i > 0) h = tape.Activate(_activation, h, _betas[i - 1]);
            h = tape.Add(tape.MatMul(h, _bounded[i], transposeB: true), _biases[i]);
            if (h.Cols == WaistWidth && i + 1 < _weights.Length) Waist = h;
        }
        return h;
    }
}
