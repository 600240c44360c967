using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Monotone piecewise cubic (Hermite, slopes after Steffen) on K bins of a box. Raw parameters of a feature: K widths, K heights, left and right end slope.</summary>
/// <remarks>Cost: a search and a few numbers an element; the inverse is found by <see cref="RootInverse"/>, about ten times that. Source: Durkan et al. 2019, Cubic-Spline Flows; Steffen 1990.</remarks>
public sealed class CubicSplineTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly string[] Tails = ["linear", "none"];
    private readonly int _bins;
    private readonly SplineBox _box;
    private readonly double _minWidth, _minHeight, _rawFactor;

    /// <summary>Makes the transformer.</summary>
    /// <param name="bins">K.</param>
    /// <param name="tails">Whether it lives on [-B, B] with the identity outside, rather than on [0, 1] alone.</param>
    /// <param name="tailBound">B.</param>
    /// <param name="minBinWidth">Least width of a bin, as a part of the box.</param>
    /// <param name="minBinHeight">Least height of a bin, as a part of the box.</param>
    /// <param name="rawFactor">Factor on raw widths and heights, such as 1/sqrt(hidden) behind a network.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public CubicSplineTransformer(int bins = 8, bool tails = true, double tailBound = 3, double minBinWidth = 1e-3, double minBinHeight = 1e-3, double rawFactor = 1)
    {
        Knots.Check(bins, minBinWidth, minBinHeight);
        if (!(rawFactor > 0) || !double.IsFinite(rawFactor)) throw new ArgumentException($"raw_factor is {rawFactor}; it must be positive and finite.");
        (_bins, _minWidth, _minHeight, _rawFactor) = (bins, minBinWidth, minBinHeight, rawFactor);
        _box = new SplineBox(tails, tailBound);
        _box.Check();
    }

    /// <inheritdoc/>
    public string Kind => "cubic-spline";

    /// <inheritdoc/>
    public int ParametersPerFeature => (2 * _bins) + 2;

    /// <summary>From a recipe entry: bins (8), tails (linear or none), tail_bound (3), min_bin_width, min_bin_height (0.001 each), raw_factor (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static CubicSplineTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("cubic-spline", config);
        int bins = reader.Integer("bins", 1, 8);
        bool tails = reader.Choice("tails", Tails[0], Tails) == Tails[0];
        double bound = reader.Number("tail_bound", 3), width = reader.Number("min_bin_width", 1e-3), height = reader.Number("min_bin_height", 1e-3), factor = reader.Number("raw_factor", 1);
        return reader.Make(() => new CubicSplineTransformer<T>(bins, tails, bound, width, height, factor));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // Equal bins have slope 1; so do the ends for 3 s(u) = 1.
        raw.Clear();
        raw[^2..].Fill(-Math.Log(2));
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        Map map = Table(tape, x, raw);
        if (!_box.Tails) tape.RequireBetween(x, 0, 1, Kind, "scale its input, or choose tails", closed: true);
        (Var z, Var logSlope) = map.Record(tape, x);
        return (z, tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        Map map = Table(tape, z, raw);
        if (!_box.Tails) tape.RequireBetween(z, 0, 1, Kind, "scale its input, or choose tails", closed: true);
        (Var x, Var logSlope) = RootInverse.Record(tape, Kind, z, map);
        return (x, tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _bins);
        _box.WriteConfig(json, Tails[_box.Tails ? 0 : 1]);
        json.WriteNumber("min_bin_width", _minWidth);
        json.WriteNumber("min_bin_height", _minHeight);
        json.WriteNumber("raw_factor", _rawFactor);
    }

    private Map Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        int p = ParametersPerFeature;
        Var both = tape.Scale(RawParameters.Block(tape, raw, p, 0, 2 * _bins), _rawFactor), ends = tape.Scale(tape.Sigmoid(RawParameters.Block(tape, raw, p, 2 * _bins, 2)), 3);
        (Var knotsX, Var w) = Knots.Soft(tape, tape.SliceColumns(both, 0, _bins), _minWidth, _box.Low, _box.High);
        (Var knotsY, Var h) = Knots.Soft(tape, tape.SliceColumns(both, _bins, _bins), _minHeight, _box.Low, _box.High);
        Var s = tape.Divide(h, w);
        Var first = tape.Multiply(tape.SliceColumns(ends, 0, 1), tape.SliceColumns(s, 0, 1));
        Var last = tape.Multiply(tape.SliceColumns(ends, 1, 1), tape.SliceColumns(s, _bins - 1, 1));
        return new Map(_box, knotsX, knotsY, w, s, _bins == 1 ? tape.ConcatColumns(first, last) : tape.ConcatColumns(first, Inner(tape, w, s), last));
    }

    // 2 min(s_i, s_i+1, (w_i+1 s_i + w_i s_i+1)/(2 (w_i + w_i+1))): the steepest that stays monotone in both bins.
    private static Var Inner(Tape<T> tape, Var w, Var s)
    {
        Var w0 = Knots.Left(tape, w), w1 = Knots.Right(tape, w), s0 = Knots.Left(tape, s), s1 = Knots.Right(tape, s);
        Var mean = tape.Divide(tape.Add(tape.Multiply(w1, s0), tape.Multiply(w0, s1)), tape.Scale(tape.Add(w0, w1), 2));
        return tape.Scale(Choose.Least(tape, Choose.Least(tape, s0, s1), mean), 2);
    }

    // Beyond a box without tails the identity goes on: the search of the inverse may look there, its root lies inside.
    private readonly struct Map(SplineBox box, Var knotsX, Var knotsY, Var widths, Var chords, Var slopes) : IMonotoneMap<T>
    {
        public (Var Z, Var LogSlope) Record(Tape<T> tape, Var x)
        {
            Var inside = tape.Clamp(x, box.Low, box.High), bin = tape.Bins(inside, knotsX);
            Var d0 = tape.PickColumns(slopes, bin), d1 = tape.PickColumns(slopes, bin, 1), s = tape.PickColumns(chords, bin);
            Var t = Knots.Place(tape, inside, knotsX, widths, bin), v = tape.Multiply(t, tape.PickColumns(widths, bin)), r = tape.AddConstant(tape.Negate(t), 1);
            Var rr = tape.Square(r), tr = tape.Multiply(t, r), tt = tape.Square(t);
            // z = y0 + v (d0 r^2 + s t (3 - 2t) - d1 t r), dz/dx = d0 r^2 + 2 (3s - d0 - d1) t r + d1 t^2, with r = 1 - t.
            Var rise = tape.Add(tape.Multiply(d0, rr), tape.Multiply(s, tape.Add(tt, tape.Scale(tr, 3))));
            Var z = tape.Add(tape.Multiply(v, tape.Subtract(rise, tape.Multiply(d1, tr))), tape.PickColumns(knotsY, bin));
            Var middle = tape.Scale(tape.Subtract(tape.Subtract(tape.Scale(s, 3), d0), d1), 2);
            Var slope = tape.Add(tape.Add(tape.Multiply(d0, rr), tape.Multiply(middle, tr)), tape.Multiply(d1, tt));
            Var inBox = tape.Inside(x, box.Low, box.High);
            return (Choose.Of(tape, inBox, Choose.Hold(tape, z, box.Low, box.High), x), tape.Multiply(tape.Log(slope), inBox));
        }
    }
}
