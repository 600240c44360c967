using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>Many wrapped couplings of six coordinates on the hyperbolic space of radius 1, with networks of two hidden layers of 128 tanh units.</summary>
public sealed class DeepStack<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    public const int Dimension = 6;

    private readonly SeparateNetworks<T>[] _networks;
    private readonly WrappedHyperboloidCoupling<T>[] _layers;

    /// <summary>Makes the stack.</summary>
    /// <param name="backend">Where it runs.</param>
    /// <param name="blocks">How many couplings.</param>
    /// <param name="uniform">Weights and biases uniform within 1/sqrt(inputs), the default of the framework of the authors' code, where a network sees all six coordinates with those that move
    /// put to 0; otherwise the library's own start, close to the identity.</param>
    /// <param name="shift">Factor on the last layer of the shift networks.</param>
    public DeepStack(IBackend<T> backend, int blocks, bool uniform, double shift = 1)
    {
        Store = new ParameterStore<T>(backend);
        var space = new HyperbolicSpace<T>();
        _layers = new WrappedHyperboloidCoupling<T>[blocks];
        _networks = new SeparateNetworks<T>[blocks];
        for (int k = 0; k < blocks; k++)
        {
            _networks[k] = new SeparateNetworks<T>([new Mlp<T>(3, 3, [128, 128], Activation.Tanh), new Mlp<T>(3, 3, [128, 128], Activation.Tanh)]);
            _layers[k] = new WrappedHyperboloidCoupling<T>(Moved(k), space, _networks[k]);
            _layers[k].Attach(Store, $"{k}", (ulong)k);
        }
        Store.Build();
        ulong stream = 0;
        foreach (ParameterStore<T>.Entry p in Store.Parameters)
        {
            bool first = p.Name.Contains("net.0", StringComparison.Ordinal), last = p.Name.Contains("part0.net.2", StringComparison.Ordinal);
            if (!uniform && !last) continue;
            double[] values = [.. Store.Read(p.Var).Select(v => double.CreateTruncating(v))];
            if (uniform)
            {
                double bound = 1 / Math.Sqrt(first ? Dimension : 128);
                RandomFill.Uniform<double>(7, stream++, 0, values);
                for (int i = 0; i < values.Length; i++) values[i] = bound * ((2 * values[i]) - 1);
            }
            Store.Write(p.Var, last ? [.. values.Select(v => shift * v)] : values);
        }
        Backend = backend;
    }

    public ParameterStore<T> Store { get; }

    private IBackend<T> Backend { get; }

    /// <summary>Distance between each sample of N(0, I) and what comes back from data.</summary>
    public double[] RoundTrip(int samples, int batch)
    {
        var errors = new double[samples];
        using var tape = new Tape<T>(Backend, Store);
        for (int start = 0; start < samples; start += batch)
        {
            T[] w = Prior(start, batch), now = w;
            for (int k = 0; k < _layers.Length; k++) now = Through(tape, _layers[k], now, inverse: true);
            for (int k = _layers.Length - 1; k >= 0; k--) now = Through(tape, _layers[k], now, inverse: false);
            Note(errors, start, w, now);
        }
        return errors;
    }

    /// <summary>The same way there and back with the same networks, in ambient coordinates with clamps: <see cref="NaiveHyperboloid"/>.</summary>
    public double[] NaiveRoundTrip(int samples)
    {
        var errors = new double[samples];
        using var tape = new Tape<T>(Backend, Store);
        T[] start = Prior(0, samples);
        float[][] points = [.. Rows(start).Select(w => NaiveHyperboloid.ExpOrigin(Single(w)))];
        for (int k = 0; k < _layers.Length; k++) Through(tape, k, points, back: false);
        for (int k = _layers.Length - 1; k >= 0; k--) Through(tape, k, points, back: true);
        Note(errors, 0, start, [.. points.SelectMany(x => NaiveHyperboloid.LogOrigin(x)).Select(v => T.CreateTruncating(v))]);
        return errors;
    }

    public void Dispose() => Store.Dispose();

    // A block at a time: the tape of a whole stack would hold gigabytes.
    private static T[] Through(Tape<T> tape, WrappedHyperboloidCoupling<T> layer, T[] w, bool inverse)
    {
        tape.Reset();
        Var v = tape.Input(w, w.Length / Dimension, Dimension);
        return Read(tape, inverse ? layer.Inverse(tape, v, new StepContext()).Output : layer.Forward(tape, v, new StepContext()).Output);
    }

    private void Through(Tape<T> tape, int k, float[][] points, bool back)
    {
        bool[] moved = Moved(k);
        int[] pass = [.. Enumerable.Range(0, Dimension).Where(j => !moved[j])], move = [.. Enumerable.Range(0, Dimension).Where(j => moved[j])];
        float[][] tangent = [.. points.Select(x => NaiveHyperboloid.LogOrigin(x))];
        tape.Reset();
        T[] seen = [.. tangent.SelectMany(w => pass.Select(j => T.CreateTruncating(w[j])))];
        float[][] raw = [.. Rows(Read(tape, _networks[k].Record(tape, tape.Input(seen, points.Length, pass.Length))), 2 * move.Length).Select(r => Single(r))];
        for (int i = 0; i < points.Length; i++)
        {
            float[] t = [.. move.Select((_, j) => raw[i][2 * j])], scale = [.. move.Select((_, j) => MathF.Exp(raw[i][(2 * j) + 1]))], w = [.. move.Select(j => tangent[i][j])];
            float[] to = back ? [.. NaiveHyperboloid.TranslateBack(w, t).Select((v, j) => v / scale[j])] : NaiveHyperboloid.Translate([.. w.Select((v, j) => v * scale[j])], t);
            for (int j = 0; j < move.Length; j++) tangent[i][move[j]] = to[j];
            points[i] = NaiveHyperboloid.ExpOrigin(tangent[i]);
        }
    }

    private static bool[] Moved(int k) => [.. Enumerable.Range(0, Dimension).Select(j => (j + k) % 2 == 0)];

    private static T[] Prior(int start, int count)
    {
        var w = new T[count * Dimension];
        RandomFill.Gaussian<T>(11, 0, (ulong)(start * Dimension), w);
        return w;
    }

    private static void Note(double[] errors, int start, T[] w, T[] again)
    {
        for (int i = 0; i < again.Length / Dimension; i++)
        {
            double square = 0;
            for (int j = 0; j < Dimension; j++)
            {
                double d = double.CreateTruncating(again[(i * Dimension) + j] - w[(i * Dimension) + j]);
                square += d * d;
            }
            errors[start + i] = Math.Sqrt(square);
        }
    }

    private static IEnumerable<T[]> Rows(T[] values, int cols = Dimension) => values.Chunk(cols);

    private static float[] Single(T[] row) => Array.ConvertAll(row, v => float.CreateTruncating(v));

    private static T[] Read(Tape<T> tape, Var v)
    {
        var values = new T[v.Length];
        tape.Read(v, values);
        return values;
    }
}
