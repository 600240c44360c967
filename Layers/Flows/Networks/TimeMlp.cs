using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A fully connected network of time and D features to D features, smooth: the right-hand side of an ordinary differential equation.</summary>
/// <remarks>Parameters net.{i}.weight [out x in, a column more where time enters], net.{i}.bias [1 x out]; squash: net.{i}.time_weight [out x 1], net.{i}.time_bias [1 x out].</remarks>
internal sealed class TimeMlp<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Deviation of the last layer's weights, times that of the others: a flow starts near the identity.</summary>
    private const double LastLayerStart = 0.01;

    private static readonly string[] s_times = ["concat", "ignore", "last", "squash"];

    private readonly int[] _widths;
    private readonly Var[] _weights;
    private readonly Var[] _biases;
    private readonly Var[] _timeWeights;
    private readonly Var[] _timeBiases;

    public TimeMlp(int dimension, ReadOnlySpan<int> hidden, SmoothActivation activation, TimeInput time)
    {
        BijectorGuard.Dimension("dimension", dimension);
        for (int i = 0; i < hidden.Length; i++) BijectorGuard.Dimension($"hidden[{i}]", hidden[i]);
        if (activation == SmoothActivation.LipSwish) throw new ArgumentException("activation is lipswish, which is for residual blocks; take silu.");
        _widths = [dimension, .. hidden, dimension];
        BijectorGuard.Weights(_widths);
        Widest = Math.Max(_widths.Max(), (int)Math.Min(int.MaxValue, (long)dimension * dimension));
        (Activation, Time) = (activation, time);
        int layers = _widths.Length - 1;
        _weights = new Var[layers];
        _biases = new Var[layers];
        _timeWeights = new Var[layers];
        _timeBiases = new Var[layers];
        Array.Fill(_weights, Var.None);
    }

    public int Dimension => _widths[0];

    public ReadOnlySpan<int> Hidden => _widths.AsSpan(1, _widths.Length - 2);

    public SmoothActivation Activation { get; }

    public TimeInput Time { get; }

    public string TimeName => s_times[(int)Time];

    /// <summary>Columns of the widest value of a row: a hidden layer, or the Jacobian.</summary>
    public int Widest { get; }

    public Var FirstWeight => _weights[0];

    /// <summary>All parameters, in an order that depends on the shape alone.</summary>
    public Var[] Parameters => Time == TimeInput.Squash ? [.. _weights, .. _biases, .. _timeWeights, .. _timeBiases] : [.. _weights, .. _biases];

    public static TimeInput ReadTime(ConfigReader reader) => (TimeInput)Array.IndexOf(s_times, reader.Choice("time", s_times[0], s_times));

    /// <summary>A network of the same shape that belongs to no store yet.</summary>
    public TimeMlp<T> Twin() => new(Dimension, Hidden, Activation, Time);

    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        for (int i = 0; i < _weights.Length; i++)
        {
            bool last = i + 1 == _weights.Length;
            int from = _widths[i] + (Time == TimeInput.Concat || (Time == TimeInput.Last && i == 0) ? 1 : 0), to = _widths[i + 1];
            var weight = new double[to * from];
            RandomFill.Gaussian<double>(SeedMix.Of(seed, (ulong)i), 0, 0, weight);
            double deviation = (last ? LastLayerStart : 1) / Math.Sqrt(from);
            for (int j = 0; j < weight.Length; j++) weight[j] *= deviation;
            _weights[i] = store.AddParameter($"{scope}.net.{i}.weight", to, from, weight);
            _biases[i] = store.AddParameter($"{scope}.net.{i}.bias", 1, to, decay: false);
            if (Time != TimeInput.Squash) continue;
            _timeWeights[i] = store.AddParameter($"{scope}.net.{i}.time_weight", to, 1, decay: false);
            _timeBiases[i] = store.AddParameter($"{scope}.net.{i}.time_bias", 1, to, decay: false);
        }
    }

    /// <summary>Records f(t, x) [rows x D].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="t">Time of every row [rows x 1], constants.</param>
    /// <param name="x">State [rows x D].</param>
    public Var Record(Tape<T> tape, Var t, Var x)
    {
        Var h = x;
        for (int i = 0; i < _weights.Length; i++)
        {
            if (i > 0) h = tape.Activate(Activation, h, Var.None);
            if (Time == TimeInput.Concat) h = tape.ConcatColumns(t, h);
            else if (Time == TimeInput.Last && i == 0) h = tape.ConcatColumns(h, t);
            h = tape.Add(tape.MatMul(h, _weights[i], transposeB: true), _biases[i]);
            if (Time == TimeInput.Squash) h = tape.Multiply(h, tape.Sigmoid(tape.Add(tape.MatMul(t, _timeWeights[i], transposeB: true), _timeBiases[i])));
        }
        return h;
    }
}
