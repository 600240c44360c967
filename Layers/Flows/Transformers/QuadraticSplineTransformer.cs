using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How a quadratic spline ends.</summary>
public enum QuadraticTails
{
    /// <summary>Identity outside [-B, B], with slope 1 at both ends: the density has no jump.</summary>
    Continuous,

    /// <summary>Identity outside [-B, B], with the end slopes of nflows, which are not 1: the density jumps.</summary>
    Linear,

    /// <summary>On [0, 1] alone; both end slopes are parameters.</summary>
    None,
}

/// <summary>Piecewise quadratic: the integral of a piecewise linear density on K bins of a box. Raw parameters of a feature: K widths, then K - 1 inner heights (K + 1 without tails).</summary>
/// <remarks>Cost: a search and a few numbers an element; the inverse is the root of a quadratic without cancellation. Source: Mueller et al. 2019, Neural Importance Sampling.</remarks>
public sealed class QuadraticSplineTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // As in nflows: no knot is lower before the heights are normalized.
    private const double LeastRawHeight = 1e-3;
    private static readonly string[] Names = ["continuous", "linear", "none"];
    private readonly int _bins;
    private readonly QuadraticTails _tails;
    private readonly SplineBox _box;
    private readonly double _minWidth, _minHeight, _rawFactor;

    /// <summary>Makes the transformer.</summary>
    /// <param name="bins">K; at least 2 with tails.</param>
    /// <param name="tails">How it ends.</param>
    /// <param name="tailBound">B.</param>
    /// <param name="minBinWidth">Least width of a bin, as a part of the box.</param>
    /// <param name="minBinHeight">Least density at a knot, as a part of the mean density.</param>
    /// <param name="rawFactor">Factor on raw widths and heights, such as 1/sqrt(hidden) behind a network.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public QuadraticSplineTransformer(
        int bins = 8, QuadraticTails tails = QuadraticTails.Continuous, double tailBound = 3, double minBinWidth = 1e-3, double minBinHeight = 1e-3, double rawFactor = 1)
    {
        Knots.Check(bins, minBinWidth, minBinHeight);
        if (bins < 2 && tails != QuadraticTails.None) throw new ArgumentException($"bins is {bins}; with tails it must be at least 2, since both ends are fixed.");
        if (!(rawFactor > 0) || !double.IsFinite(rawFactor)) throw new ArgumentException($"raw_factor is {rawFactor}; it must be positive and finite.");
        (_bins, _tails, _minWidth, _minHeight, _rawFactor) = (bins, tails, minBinWidth, minBinHeight, rawFactor);
        _box = new SplineBox(tails != QuadraticTails.None, tailBound);
        _box.Check();
    }

    /// <inheritdoc/>
    public string Kind => "quadratic-spline";

    /// <inheritdoc/>
    public int ParametersPerFeature => _box.Tails ? (2 * _bins) - 1 : (2 * _bins) + 1;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: bins (8), tails (continuous, linear or none), tail_bound (3), min_bin_width, min_bin_height (0.001 each), raw_factor (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static QuadraticSplineTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("quadratic-spline", config);
        int bins = reader.Integer("bins", 1, 8);
        var tails = (QuadraticTails)Array.IndexOf(Names, reader.Choice("tails", Names[0], Names));
        double bound = reader.Number("tail_bound", 3), width = reader.Number("min_bin_width", 1e-3), height = reader.Number("min_bin_height", 1e-3), factor = reader.Number("raw_factor", 1);
        return reader.Make(() => new QuadraticSplineTransformer<T>(bins, tails, bound, width, height, factor));
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
        (Var knotsX, Var knotsY, Var widths, Var slopes) = Table(tape, x, raw);
        Var inside = _box.Enter(tape, Kind, x), bin = tape.Bins(inside, knotsX);
        Var d0 = tape.PickColumns(slopes, bin), d1 = tape.PickColumns(slopes, bin, 1);
        Var t = Knots.Place(tape, inside, knotsX, widths, bin), s = tape.Multiply(t, tape.PickColumns(widths, bin));
        // z = y0 + s (d0 + (d1 - d0) t/2), dz/dx = (1 - t) d0 + t d1.
        Var z = tape.Add(tape.Multiply(s, tape.Add(d0, tape.Scale(tape.Multiply(tape.Subtract(d1, d0), t), 0.5))), tape.PickColumns(knotsY, bin));
        (z, Var logSlope) = _box.Leave(tape, x, z, LogSlope(tape, t, d0, d1));
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        (Var knotsX, Var knotsY, Var widths, Var slopes) = Table(tape, z, raw);
        Var inside = _box.Enter(tape, Kind, z), bin = tape.Bins(inside, knotsY);
        Var d0 = tape.PickColumns(slopes, bin), d1 = tape.PickColumns(slopes, bin, 1), x0 = tape.PickColumns(knotsX, bin);
        Var w = tape.PickColumns(widths, bin), v = tape.Subtract(inside, tape.PickColumns(knotsY, bin));
        // s = 2 v / (d0 + sqrt(d0^2 + 2 v (d1 - d0)/w)); the root is the slope at x, so it is never 0.
        Var root = tape.Sqrt(tape.Add(tape.Square(d0), tape.Scale(tape.Multiply(v, tape.Divide(tape.Subtract(d1, d0), w)), 2)));
        Var s = tape.Divide(tape.Scale(v, 2), tape.Add(d0, root));
        (Var x, Var logSlope) = _box.Leave(tape, z, tape.Add(x0, s), LogSlope(tape, tape.Divide(s, w), d0, d1));
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _bins);
        _box.WriteConfig(json, Names[(int)_tails]);
        json.WriteNumber("min_bin_width", _minWidth);
        json.WriteNumber("min_bin_height", _minHeight);
        json.WriteNumber("raw_factor", _rawFactor);
    }

    private static Var LogSlope(Tape<T> tape, Var t, Var d0, Var d1)
        => tape.Log(tape.Add(tape.Multiply(d0, tape.AddConstant(tape.Negate(t), 1)), tape.Multiply(d1, t)));

    // The box scales x and z alike, so that slopes are those on [0, 1].
    private (Var X, Var Y, Var Widths, Var Slopes) Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        int p = ParametersPerFeature;
        Var widths = Knots.Shares(tape, tape.Scale(RawParameters.Block(tape, raw, p, 0, _bins), _rawFactor), _minWidth);
        Var heights = tape.AddConstant(tape.Softplus(tape.Scale(RawParameters.Block(tape, raw, p, _bins, p - _bins), _rawFactor)), LeastRawHeight);
        if (_box.Tails)
        {
            Var end = End(tape, widths, heights);
            heights = tape.ConcatColumns(end, heights, end);
        }
        Var area = tape.SumColumns(tape.Multiply(tape.Add(Knots.Left(tape, heights), Knots.Right(tape, heights)), widths), 0.5);
        Var slopes = tape.AddConstant(tape.Scale(tape.Divide(heights, area), 1 - _minHeight), _minHeight);
        Var shares = tape.Scale(tape.Multiply(tape.Add(Knots.Left(tape, slopes), Knots.Right(tape, slopes)), widths), 0.5);
        return (Knots.Between(tape, widths, _box.Low, _box.High), Knots.Between(tape, shares, _box.Low, _box.High), tape.Scale(widths, _box.High - _box.Low), slopes);
    }

    // The height of both ends that equals the area under all: then the slope there is 1 after division by it. nflows has 1/4 for 1/2.
    private Var End(Tape<T> tape, Var widths, Var inner)
    {
        double part = _tails == QuadraticTails.Linear ? 0.25 : 0.5;
        Var w0 = tape.SliceColumns(widths, 0, 1), wl = tape.SliceColumns(widths, _bins - 1, 1);
        Var e0 = tape.SliceColumns(inner, 0, 1), el = tape.SliceColumns(inner, _bins - 2, 1);
        Var area = tape.Scale(tape.Add(tape.Multiply(w0, e0), tape.Multiply(wl, el)), part);
        if (_bins > 2)
        {
            Var between = tape.Multiply(tape.Add(Knots.Left(tape, inner), Knots.Right(tape, inner)), tape.SliceColumns(widths, 1, _bins - 2));
            area = tape.Add(area, tape.SumColumns(between, 0.5));
        }
        return tape.Divide(area, tape.AddConstant(tape.Scale(tape.Add(w0, wl), -part), 1));
    }
}
