using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Sends rows through a flow, exact in evaluation, a block at a time, and gathers sums over latents, log-determinants and cotangents of linear layers.</summary>
internal sealed class FlowPass<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MostRows = 512;

    private readonly Flow<T> _flow;
    private readonly ulong _key;
    private readonly Tape<T> _tape;
    private readonly HostProducts _products;
    private readonly int[] _linear;
    private readonly double[][] _zero, _cross, _crossSquares;
    private readonly int _d;
    private double[] _mean = [], _second = [];
    private SampleMoments[] _layers = [];
    private SampleMoments _energy, _volume;
    private int _rows, _gradientRows;

    public FlowPass(Flow<T> flow, ulong key)
    {
        (_flow, _key, _d) = (flow, key, flow.Dimension);
        _tape = new Tape<T>(flow.Backend, flow.Store);
        _products = new HostProducts();
        _linear = [.. Enumerable.Range(0, flow.Transforms.Count).Where(i => IsFreeMatrix(flow.Transforms[i]))];
        _zero = [.. _linear.Select(i => ImageOfZero(flow.Transforms[i]))];
        _cross = [.. _linear.Select(_ => new double[_d * _d])];
        _crossSquares = [.. _linear.Select(_ => new double[_d * _d])];
    }

    // Every matrix near the layer's own can be reached: only then is E[delta y^T] = -I a condition of its optimum.
    private static bool IsFreeMatrix(IBijector<T> layer) => layer is Linear<T> or LinearLu<T> or LinearLuPacked<T> or MatrixExponential<T>;

    /// <summary>Sends all rows through; with gradients also the cotangents of linear layers.</summary>
    public void Run(Table table, bool gradients, Action<double>? progress, CancellationToken cancel)
    {
        int block = Math.Clamp((1 << 19) / _d, 1, MostRows), width = _flow.ContextWidth;
        gradients &= _linear.Length > 0;
        _tape.RecordsGradients = gradients;
        (_mean, _second, _layers, _energy, _volume, _rows) = (new double[_d], new double[_d * _d], new SampleMoments[_flow.Transforms.Count], default, default, table.Rows);
        if (gradients) _gradientRows = table.Rows;
        T[] x = new T[block * _d], given = new T[block * width];
        for (int start = 0; start < table.Rows; start += block)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke((double)start / table.Rows);
            int count = Math.Min(block, table.Rows - start);
            for (int r = 0; r < count; r++)
            {
                table.CopyRow(start + r, x.AsSpan(r * _d, _d));
                if (width > 0) table.Context!.CopyRow(start + r, given.AsSpan(r * width, width));
            }

            if (table.Levels > 0) Dequantization.AddUniformNoise(x.AsSpan(0, count * _d), _key, 0, (ulong)start * (ulong)_d);
            Block(x.AsSpan(0, count * _d), given.AsSpan(0, count * width), count, gradients);
        }

        _tape.Reset();
    }

    /// <summary>What the last run found.</summary>
    public TrainedFlowPart Part(LikelihoodEvaluation likelihood)
    {
        var layers = new LayerVolume[_flow.Transforms.Count];
        for (int i = 0; i < layers.Length; i++) layers[i] = new LayerVolume(i, _flow.Transforms[i].Kind, _layers[i].Mean, _layers[i].Deviation);
        return new TrainedFlowPart(likelihood, _flow.Base is StandardNormal<T> ? Latent() : null, _volume.Mean, _volume.StandardError, layers);
    }

    /// <summary>The linear layers, from the last run with gradients.</summary>
    public IReadOnlyList<LinearStationarity> Stationarity()
    {
        var found = new LinearStationarity[_linear.Length];
        for (int k = 0; k < found.Length; k++)
        {
            double residual = 0, variance = 0;
            double[] cross = [.. _cross[k].Select(v => v / _gradientRows)];
            for (int i = 0; i < cross.Length; i++)
            {
                variance += (_crossSquares[k][i] / _gradientRows) - (cross[i] * cross[i]);
                residual += Square(cross[i] + (i % (_d + 1) == 0 ? 1 : 0));
            }

            IBijector<T> layer = _flow.Transforms[_linear[k]];
            var one = new LinearStationarity(_linear[k], layer.Kind, layer is IJacobianLayer<T> site ? site.Strategy.Name : "", Math.Sqrt(residual), Math.Sqrt(Math.Max(0, variance) / _gradientRows));
            found[k] = layer is IJacobianLayer<T> { HasLearnedInverse: true } learned ? WithLearnedInverse(one, cross, learned.Site) : one;
        }

        return found;
    }

    public void Dispose()
    {
        _tape.Dispose();
        _products.Dispose();
    }

    private void Block(ReadOnlySpan<T> x, ReadOnlySpan<T> given, int count, bool gradients)
    {
        _tape.Reset();
        Var h = _tape.Input(x, count, _d), context = given.IsEmpty ? Var.None : _tape.Input(given, count, _flow.ContextWidth);
        var c = new StepContext { Mode = FlowMode.Evaluate, Context = context };
        var sum = new StepSum(h);
        double[] total = new double[count];
        var outputs = new Var[_flow.Transforms.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            FlowStep step = _flow.Transforms[i].Forward(_tape, sum.Output, c);
            sum.Add(_tape, step);
            outputs[i] = step.Output;
            double[] logs = Read(step.LogAbsDet);
            for (int r = 0; r < count; r++)
            {
                double log = logs[logs.Length == 1 ? 0 : r];
                total[r] += log;
                _layers[i].Add(log);
            }
        }

        FlowStep all = sum.Finish(_tape);
        foreach (double log in total) _volume.Add(log);
        double[] z = Read(all.Output);
        for (int r = 0; r < count; r++)
        {
            ReadOnlySpan<double> row = z.AsSpan(r * _d, _d);
            _energy.Add(0.5 * (VectorOps.SumSquares(row) - _d));
            VectorOps.AddScaled(1.0, row, _mean);
        }

        _products.Add(_d, _d, count, z, z, true, _second);
        if (!gradients) return;
        _tape.Backward(_tape.Sum(_tape.Add(_flow.Base.LogProb(_tape, all.Output), all.LogAbsDet), 1));
        for (int k = 0; k < _linear.Length; k++)
        {
            double[] y = Read(outputs[_linear[k]]), delta = ReadGrad(outputs[_linear[k]]);
            for (int i = 0; i < y.Length; i++) y[i] -= _zero[k][i % _d];
            _products.Add(_d, _d, count, delta, y, true, _cross[k]);
            for (int i = 0; i < y.Length; i++) (y[i], delta[i]) = (y[i] * y[i], delta[i] * delta[i]);
            _products.Add(_d, _d, count, delta, y, true, _crossSquares[k]);
        }
    }

    private LatentMoments Latent()
    {
        double departure = 0, mean = 0;
        double[] second = [.. _second.Select(v => v / _rows)], values = new double[_d];
        SymmetricEigenvalues.Compute<double>(second, _d, values);
        for (int i = 0; i < second.Length; i++) departure += Square(second[i] - (i % (_d + 1) == 0 ? 1 : 0));
        foreach (double m in _mean) mean += Square(m / _rows);
        return new LatentMoments(
            _energy.Mean, _energy.StandardError, Math.Sqrt(mean), Math.Sqrt((double)_d / _rows),
            Math.Sqrt(departure), Math.Sqrt(_d * (_d + 1.0) / _rows), values[^1], values[0]);
    }

    private LinearStationarity WithLearnedInverse(LinearStationarity one, double[] cross, JacobianSite site)
    {
        double[] w = Array.ConvertAll(_flow.Store.Read(site.Weight), double.CreateTruncating), inverse = Array.ConvertAll(_flow.Store.Read(site.InverseWeight), double.CreateTruncating);
        double[] product = _products.Product(_d, _d, _d, w, inverse, false);
        double residual = 0, error = 0;
        for (int i = 0; i < _d; i++)
            for (int j = 0; j < _d; j++)
            {
                residual += Square(cross[(i * _d) + j] + product[(j * _d) + i]);
                error += Square(product[(i * _d) + j] - (i == j ? 1 : 0));
            }

        return one with { LearnedResidual = Math.Sqrt(residual), InverseError = Math.Sqrt(error) };
    }

    // The bias of an affine layer, whatever it is made of.
    private double[] ImageOfZero(IBijector<T> layer)
    {
        _tape.Reset();
        return Read(layer.Forward(_tape, _tape.Constant(0, 1, _d), new StepContext()).Output);
    }

    private double[] Read(Var v)
    {
        var values = new T[v.Rows * v.Cols];
        _tape.Read(v, values);
        return Array.ConvertAll(values, double.CreateTruncating);
    }

    private double[] ReadGrad(Var v)
    {
        var values = new T[v.Rows * v.Cols];
        _tape.ReadGrad(v, values);
        return Array.ConvertAll(values, double.CreateTruncating);
    }

    private static double Square(double v) => v * v;
}
