using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// An increasing Bernstein polynomial of v = (x + B)/(2B): sum_k C(M, k) v^k (1 - v)^(M - k) theta_k for v in [eps, 1 - eps], straight
/// lines beyond. Raw parameters of a feature: n numbers that theta, of degree M, is made of; bounded, it maps -B to -B and B to B with slope 1.
/// </summary>
/// <remarks>Cost: M exponentials an element; the inverse is found by <see cref="RootInverse"/>. Source: Sick et al. 2021, Deep transformation models; parameters as in zuko.</remarks>
public sealed class BernsteinTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _numbers, _degree;
    private readonly bool _bounded, _shifted;
    private readonly double _bound, _margin;
    private readonly T[] _powers, _rest, _logBinomials;

    /// <summary>Makes the transformer.</summary>
    /// <param name="parameters">n, at least 2.</param>
    /// <param name="bounded">Whether both ends are fixed.</param>
    /// <param name="bound">B.</param>
    /// <param name="margin">eps in (0, 1/2): where the straight lines begin.</param>
    /// <param name="shiftedTails">As in zuko, if bounded: the lines reach -B and B at eps and 1 - eps, so that z jumps there by 2B eps. Values between are reached by no x; the inverse gives the jump's place.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public BernsteinTransformer(int parameters = 8, bool bounded = false, double bound = 5, double margin = 1e-6, bool shiftedTails = false)
    {
        if (parameters is < 2 or > 256) throw new ArgumentException($"parameters is {parameters}; it must lie in 2..256.");
        if (!(bound > 0) || !double.IsFinite(bound)) throw new ArgumentException($"bound is {bound}; it must be positive and finite.");
        if (!(margin > 0 && margin < 0.5)) throw new ArgumentException($"margin is {margin}; it must lie in (0, 0.5).");
        if (shiftedTails && !bounded) throw new ArgumentException("shifted_tails is true; only the bounded polynomial has them.");
        (_numbers, _bounded, _shifted, _bound, _margin) = (parameters, bounded, shiftedTails, bound, margin);
        _degree = parameters + (bounded ? 4 : 1);
        (_powers, _rest, _logBinomials) = (new T[_degree], new T[_degree], new T[_degree]);
        // The derivative's basis, of degree M - 1.
        double log = 0;
        for (int k = 0; k < _degree; k++)
        {
            (_powers[k], _rest[k], _logBinomials[k]) = (T.CreateTruncating(k), T.CreateTruncating(_degree - 1 - k), T.CreateTruncating(log));
            log += Math.Log((double)(_degree - 1 - k) / (k + 1));
        }
    }

    /// <inheritdoc/>
    public string Kind => _bounded ? "bernstein-bounded" : "bernstein";

    /// <inheritdoc/>
    public int ParametersPerFeature => _numbers;

    /// <summary>From a recipe entry: parameters (8), bound (5), margin (0.000001); bounded, also shifted_tails (false).</summary>
    /// <param name="config">The entry.</param>
    /// <param name="bounded">Whether its kind is bernstein-bounded.</param>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static BernsteinTransformer<T> FromConfig(JsonElement config, bool bounded)
    {
        var reader = new ConfigReader(bounded ? "bernstein-bounded" : "bernstein", config);
        int parameters = reader.Integer("parameters", 2, 8);
        double bound = reader.Number("bound", 5), margin = reader.Number("margin", 1e-6);
        bool shifted = bounded && reader.Flag("shifted_tails", false);
        return reader.Make(() => new BernsteinTransformer<T>(parameters, bounded, bound, margin, shifted));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // Equal increments make the straight line; softplus(u) = 2B/M, and theta_0 = -B.
        double step = 2 * _bound / _degree;
        raw.Fill(_bounded ? 0 : step + Math.Log(1 - Math.Exp(-step)));
        if (!_bounded) raw[0] = Shift - _bound;
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        (Var z, Var logSlope) = Table(tape, x, raw).Record(tape, x);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, z, Table(tape, z, raw));
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("parameters", _numbers);
        json.WriteNumber("bound", _bound);
        json.WriteNumber("margin", _margin);
        if (_bounded) json.WriteBoolean("shifted_tails", _shifted);
    }

    private double Shift => _numbers * Math.Log(2) / 2;

    private Map Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        Var u = RawParameters.Spread(tape, raw, x.Rows).Reshape(x.Length, _numbers);
        if (_bounded)
        {
            double end = 2 * _bound / _degree;
            Var ends = tape.Constant(end, x.Length, 2), middle = tape.Scale(tape.RowSoftmax(u), (2 * _bound) - (4 * end));
            return new Map(this, tape.Constant(-_bound, x.Length, 1), tape.ConcatColumns(ends, middle, ends));
        }
        // The first and the last increment count twice: the polynomial is flat there, in its second derivative.
        Var increments = tape.Softplus(tape.SliceColumns(u, 1, _numbers - 1));
        Var first = tape.SliceColumns(increments, 0, 1), last = tape.SliceColumns(increments, _numbers - 2, 1);
        return new Map(this, tape.AddConstant(tape.SliceColumns(u, 0, 1), -Shift), tape.ConcatColumns(first, increments, last));
    }

    // First: theta_0 [N x 1]; increments of theta [N x M], all positive.
    private readonly struct Map(BernsteinTransformer<T> owner, Var first, Var increments) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            int degree = owner._degree, n = x.Length;
            double scale = 1 / (2 * owner._bound);
            Var v = tape.AddConstant(tape.Scale(x.Reshape(n, 1), scale), 0.5), inside = tape.Clamp(v, owner._margin, 1 - owner._margin), rest = tape.AddConstant(tape.Negate(inside), 1);
            // b_k = C(M-1, k) v^k (1 - v)^(M-1-k)
            Var logs = tape.Add(tape.MatMul(tape.Log(inside), tape.Input(owner._powers, 1, degree)), tape.MatMul(tape.Log(rest), tape.Input(owner._rest, 1, degree)));
            Var basis = tape.Exp(tape.Add(logs, tape.Input(owner._logBinomials, 1, degree)));
            // The polynomial is (1 - v) sum b_k theta_k + v sum b_k theta_(k+1), one step of de Casteljau; its slope in v is M times their difference.
            Var sums = tape.Add(tape.RunningSum(increments), first);
            Var upper = tape.SumColumns(tape.Multiply(basis, sums)), rise = tape.SumColumns(tape.Multiply(basis, increments));
            Var slope = tape.Scale(rise, degree);
            Var z = tape.Add(tape.Subtract(upper, tape.Multiply(rest, rise)), tape.Multiply(slope, tape.Subtract(v, inside)));
            if (owner._shifted)
            {
                Var below = tape.Inside(v, double.NegativeInfinity, owner._margin), above = tape.Inside(v, 1 - owner._margin, double.PositiveInfinity);
                z = tape.Add(z, tape.Scale(tape.Subtract(above, below), 2 * owner._bound * owner._margin));
            }
            return (z.Reshape(x.Rows, x.Cols), tape.AddConstant(tape.Log(slope), Math.Log(scale)).Reshape(x.Rows, x.Cols));
        }
    }
}
