using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Monotone rational-quadratic spline on [-B, B], the identity outside, whose raw parameters are clipped softly so that no bin or slope
/// vanishes: c(u, f) = u/(1 + |f u/ln m|). Raw parameters of a feature: K widths, K heights, K - 1 inner slopes.
/// </summary>
/// <remarks>Cost: a search and about twenty numbers an element. Source: Durkan et al. 2019, Neural Spline Flows; soft clip as in zuko.</remarks>
public sealed class RationalQuadraticSoftClipTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _bins;
    private readonly double _least;
    private readonly SplineBox _box;

    /// <summary>Makes the transformer.</summary>
    /// <param name="bins">K.</param>
    /// <param name="tailBound">B.</param>
    /// <param name="slope">m in (0, 1): slopes lie in (m, 1/m), sizes of bins differ by less than a factor 1/m.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RationalQuadraticSoftClipTransformer(int bins = 8, double tailBound = 5, double slope = 1e-3)
    {
        if (bins is < 1 or > 4096) throw new ArgumentException($"bins is {bins}; it must lie in 1..4096.");
        if (!(slope > 0 && slope < 1)) throw new ArgumentException($"slope is {slope}; it must lie in (0, 1).");
        (_bins, _least) = (bins, slope);
        _box = new SplineBox(true, tailBound);
        _box.Check();
    }

    /// <inheritdoc/>
    public string Kind => "rational-quadratic-soft-clip";

    /// <inheritdoc/>
    public int ParametersPerFeature => (3 * _bins) - 1;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: bins (8), tail_bound (5), slope (0.001).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static RationalQuadraticSoftClipTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("rational-quadratic-soft-clip", config);
        int bins = reader.Integer("bins", 1, 8);
        double bound = reader.Number("tail_bound", 5), slope = reader.Number("slope", 1e-3);
        return reader.Make(() => new RationalQuadraticSoftClipTransformer<T>(bins, bound, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw) => raw.Clear();

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        RationalQuadraticBins bins = Table(tape, x, raw);
        (Var z, Var logSlope) = bins.Forward(tape, _box.Enter(tape, Kind, x));
        (z, logSlope) = _box.Leave(tape, x, z, logSlope);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        RationalQuadraticBins bins = Table(tape, z, raw);
        (Var x, Var logSlope) = bins.Inverse(tape, _box.Enter(tape, Kind, z));
        (x, logSlope) = _box.Leave(tape, z, x, logSlope);
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _bins);
        json.WriteNumber("tail_bound", _box.Bound);
        json.WriteNumber("slope", _least);
    }

    private RationalQuadraticBins Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        int p = ParametersPerFeature;
        (Var knotsX, Var widths) = Knots.Soft(tape, Clip(tape, RawParameters.Block(tape, raw, p, 0, _bins), 2), 0, _box.Low, _box.High);
        (Var knotsY, Var heights) = Knots.Soft(tape, Clip(tape, RawParameters.Block(tape, raw, p, _bins, _bins), 2), 0, _box.Low, _box.High);
        Var one = tape.Constant(1, knotsX.Rows, 1);
        if (_bins == 1) return new RationalQuadraticBins(knotsX, knotsY, widths, heights, tape.ConcatColumns(one, one));
        Var inner = tape.Exp(Clip(tape, RawParameters.Block(tape, raw, p, 2 * _bins, _bins - 1), 1));
        return new RationalQuadraticBins(knotsX, knotsY, widths, heights, tape.ConcatColumns(one, inner, one));
    }

    private Var Clip(Tape<T> tape, Var u, double factor) => tape.Divide(u, tape.AddConstant(tape.Abs(tape.Scale(u, factor / Math.Log(_least))), 1));
}
