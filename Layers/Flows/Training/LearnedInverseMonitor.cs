using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Looks at the learned inverses of a flow between training steps: reconstruction error, angle between R and W^-1, conditioning, and the
/// stability threshold of the penalty weight. On the host in double; training never sees it.
/// </summary>
/// <remarks>
/// Cost for each dense layer: about 6 D^3 + 2 rows D^2 flops and a forward pass of the rows; for a convolution two convolutions of the rows and
/// one exact gradient of its log-determinant.
/// </remarks>
public sealed class LearnedInverseMonitor<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Flow<T> _flow;
    private readonly Table _table;
    private readonly ulong _key;
    private readonly int _rows;
    private readonly int[] _layers;
    private readonly SimdBackend<double> _double = new(1);
    private readonly HostProducts _products = new(1);

    /// <summary>Creates the monitor.</summary>
    /// <param name="flow">The flow being trained.</param>
    /// <param name="table">Rows whose way through the flow is looked at: the first max(2000, 20 D), or all.</param>
    /// <param name="key">Key of the dequantisation noise, the same at every look.</param>
    public LearnedInverseMonitor(Flow<T> flow, Table table, ulong key)
    {
        (_flow, _table, _key) = (flow, table, key);
        _rows = (int)Math.Min(table.Rows, Math.Max(2000, 20L * flow.Dimension));
        _layers = [.. Enumerable.Range(0, flow.Transforms.Count).Where(i => flow.Transforms[i] is IJacobianLayer<T> { HasLearnedInverse: true })];
    }

    /// <summary>Whether the flow has a learned inverse at all.</summary>
    public bool HasLayers => _layers.Length > 0;

    /// <summary>One report for each layer with a learned inverse, in the order of the layers.</summary>
    /// <exception cref="SingularMatrixException">A weight matrix is singular.</exception>
    public IReadOnlyList<LearnedInverseReport> Measure()
    {
        var reports = new List<LearnedInverseReport>(_layers.Length);
        foreach (int layer in _layers)
        {
            if (_flow.Transforms[layer] is Conv2d<T> convolution)
            {
                reports.Add(MeasureConvolution(layer, convolution));
                continue;
            }
            var linear = (Linear<T>)_flow.Transforms[layer];
            int d = linear.Dimension;
            double[] w = InDouble(_flow.Store.Read(linear.Site.Weight)), r = InDouble(_flow.Store.Read(linear.Site.InverseWeight));
            (double[] mean, double[] second) = Moments(layer);
            double[] inverse = Inverse(w, d);
            double condition = LuCondition.OneNorm<double>(w, d) * LuCondition.OneNorm<double>(inverse, d);
            double reconstruction = Reconstruction(w, r, second, d);
            for (int i = 0; i < d; i++)
                for (int j = 0; j < d; j++) second[i * d + j] -= mean[i] * mean[j];
            double smallest = SmallestEigenvalue(second, d);
            reports.Add(new LearnedInverseReport(
                layer, linear.Site.Scope, linear.Strategy.Name, WeightOf(linear.Strategy), reconstruction, Cosine(r, inverse), condition, smallest, ThresholdOf(linear.Strategy, smallest)));
        }
        return reports;
    }

    /// <summary>Gives memory back; the flow stays.</summary>
    public void Dispose()
    {
        _double.Dispose();
        _products.Dispose();
    }

    /// <summary>Cosine of the angle between two matrices as vectors.</summary>
    internal static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
        => VectorOps.Dot(a, b) / Math.Sqrt(VectorOps.SumSquares(a) * VectorOps.SumSquares(b));

    /// <summary>W^-1 by LU.</summary>
    internal static double[] Inverse(double[] w, int d)
    {
        double[] lu = [.. w], inverse = new double[w.Length];
        var pivots = new int[d];
        int zero = Lu.Factor<double>(lu, d, pivots);
        if (zero >= 0) throw new SingularMatrixException("LearnedInverseMonitor", d, zero);
        Lu.Inverse<double>(lu, d, pivots, inverse);
        return inverse;
    }

    /// <summary>E |(R W - I) x|^2 = trace(E S E^T), S the second moment of x.</summary>
    internal double Reconstruction(double[] w, double[] r, double[] second, int d)
    {
        double[] error = _products.Product(d, d, d, r, w, false);
        for (int i = 0; i < d; i++) error[i * d + i] -= 1;
        double[] product = _products.Product(d, d, d, error, second, false);
        return Math.Max(0, VectorOps.Dot<double>(error, product));
    }

    /// <summary>Smallest eigenvalue of a covariance matrix: all of them for D up to 128, inverse power iteration above; 0 for a singular one.</summary>
    internal static double SmallestEigenvalue(double[] covariance, int d)
    {
        if (d <= 128)
        {
            double[] values = new double[d], vectors = new double[d * d];
            SymmetricEigen.Decompose<double>(covariance, d, values, vectors);
            return Math.Max(0, values[0]);
        }
        double[] factor = [.. covariance];
        if (Cholesky.Factor<double>(factor, d) >= 0) return 0;
        var v = new double[d];
        for (int i = 0; i < d; i++) v[i] = 1 + 0.5 * Math.Sin(i + 1.0);
        VectorOps.Scale(1 / Math.Sqrt(VectorOps.SumSquares<double>(v)), v, v);
        double smallest = double.PositiveInfinity;
        for (int step = 0; step < 500; step++)
        {
            Cholesky.Solve<double>(factor, d, v, 1);
            // |A^-1 v| for a unit v rises to 1/s2min.
            double norm = Math.Sqrt(VectorOps.SumSquares<double>(v)), next = 1 / norm;
            VectorOps.Scale(1 / norm, v, v);
            if (smallest - next <= 1e-7 * next) return next;
            smallest = next;
        }
        return smallest;
    }

    private static double WeightOf(IJacobianStrategy<T> strategy) => strategy switch
    {
        SelfNormalizing<T> s => s.Weight,
        FreeForm<T> s => s.Weight,
        _ => throw new InvalidOperationException($"LearnedInverseMonitor: strategy '{strategy.Name}' has a learned inverse whose weight is not known here."),
    };

    // Of the published update alone; without a likelihood gradient on R any weight above 0 will do.
    private static double ThresholdOf(IJacobianStrategy<T> strategy, double smallestVariance)
    {
        if (strategy is not SelfNormalizing<T> published || published.Form == SelfNormalizingForm.ReconstructionOnly) return 0;
        return published.Probes == 0 ? 1 / (8 * smallestVariance) : 1.0 / 8;
    }

    // Reconstruction on the rows themselves; the cosine is that of the gradients of log|det|, learned and exact: all that training takes from r.
    private LearnedInverseReport MeasureConvolution(int layer, Conv2d<T> convolution)
    {
        ConvShape shape = convolution.Shape;
        var strategy = (SelfNormalizing<T>)convolution.Strategy;
        double[] w = InDouble(_flow.Store.Read(convolution.Site.Weight)), r = InDouble(_flow.Store.Read(convolution.Site.InverseWeight)), learned = new double[w.Length], exact = new double[w.Length];
        using var tape = new Tape<double>(_double);
        int d = shape.InLength, block = Math.Max(1, Math.Min(_rows, (1 << 19) / d));
        double reconstruction = 0;
        for (int start = 0; start < _rows; start += block)
        {
            int count = Math.Min(block, _rows - start);
            tape.Reset();
            Var kernel = tape.Input(w, shape.OutChannels, shape.WeightColumns), inverse = tape.Input(r, shape.OutChannels, shape.WeightColumns);
            Var x = tape.Input(InDouble(InputOf(layer, start, count)), count, d);
            Var error = tape.Subtract(tape.Conv2d(tape.Conv2d(x, kernel, shape), inverse, shape), x);
            reconstruction += tape.Scalar(tape.Sum(tape.Square(error), 1.0 / _rows));
        }
        tape.Reset();
        Var weight = tape.Input(w, shape.OutChannels, shape.WeightColumns), gradient = tape.Constant(0, shape.OutChannels, shape.WeightColumns);
        SelfNormalizingConvOp<double>.AddTapCounts(_double, shape, tape.ValueOf(tape.Input(r, shape.OutChannels, shape.WeightColumns)), tape.ValueOf(gradient), 1);
        tape.Read(gradient, learned);
        ConvolutionMap.WriteLogDetGradient(tape, weight, shape, tape.ValueOf(gradient));
        tape.Read(gradient, exact);
        double threshold = strategy.Form == SelfNormalizingForm.ReconstructionOnly ? 0 : double.NaN;
        return new LearnedInverseReport(layer, convolution.Site.Scope, strategy.Name, strategy.Weight, reconstruction, Cosine(learned, exact), double.NaN, double.NaN, threshold);
    }

    // Mean and second moment of a layer's input, a block of rows at a time.
    private (double[] Mean, double[] Second) Moments(int layer)
    {
        int d = _flow.Dimension, block = Math.Max(1, Math.Min(_rows, (1 << 19) / d));
        double[] mean = new double[d], second = new double[d * d], values = new double[block * d];
        for (int start = 0; start < _rows; start += block)
        {
            int count = Math.Min(block, _rows - start);
            T[] input = InputOf(layer, start, count);
            for (int i = 0; i < input.Length; i++) values[i] = double.CreateTruncating(input[i]);
            for (int i = 0; i < count; i++) VectorOps.AddScaled(1.0 / _rows, values.AsSpan(i * d, d), mean);
            VectorOps.AddScaled(1.0 / _rows, _products.Product(d, d, count, values.AsSpan(0, count * d), values.AsSpan(0, count * d), true), second);
        }
        return (mean, second);
    }

    // What comes into a layer for some rows of the table.
    private T[] InputOf(int layer, int start, int count)
    {
        int d = _flow.Dimension;
        T[] rows = new T[count * d], given = new T[count * _flow.ContextWidth];
        for (int i = 0; i < count; i++) _table.CopyRow(start + i, rows.AsSpan(i * d, d));
        if (_table.Levels > 0) Dequantization.AddUniformNoise(rows.AsSpan(), _key, 0, (ulong)start * (ulong)d);
        for (int i = 0; i < count && given.Length > 0; i++) _table.Context!.CopyRow(start + i, given.AsSpan(i * _flow.ContextWidth, _flow.ContextWidth));
        return _flow.InputOf(layer, rows, given);
    }

    private static double[] InDouble(T[] values) => Array.ConvertAll(values, double.CreateTruncating);
}
