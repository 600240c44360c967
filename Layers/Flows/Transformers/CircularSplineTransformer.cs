using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Rational-quadratic spline of the circle [-pi, pi) onto itself: z = wrap(s(wrap(x - a)) + c), the slopes of s at -pi and pi equal, so that
/// value and density go on across the seam. Raw parameters of a feature: K widths, K heights, K slopes, shifts a (of the knots) and c.
/// </summary>
/// <remarks>Cost: a search and some forty passes. Either end of [-pi, pi] may be given: they are one point. Source: Rezende et al. 2020, Normalizing Flows on Tori and Spheres.</remarks>
public sealed class CircularSplineTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const string WayOut = "angles are in radians: wrap its input";
    private const string InverseName = "circular-spline, inverse";
    private readonly int _bins;
    private readonly double _minWidth, _minHeight, _minSlope;

    /// <summary>Makes the transformer.</summary>
    /// <param name="bins">K.</param>
    /// <param name="minBinWidth">Least width of a bin, as a part of the circle.</param>
    /// <param name="minBinHeight">Least height of a bin, as a part of the circle.</param>
    /// <param name="minDerivative">Least slope at a knot.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public CircularSplineTransformer(int bins = 8, double minBinWidth = 1e-3, double minBinHeight = 1e-3, double minDerivative = 1e-3)
    {
        Knots.Check(bins, minBinWidth, minBinHeight);
        if (!(minDerivative > 0 && minDerivative < 1)) throw new ArgumentException($"min_derivative is {minDerivative}; it must lie in (0, 1).");
        (_bins, _minWidth, _minHeight, _minSlope) = (bins, minBinWidth, minBinHeight, minDerivative);
    }

    /// <inheritdoc/>
    public string Kind => "circular-spline";

    /// <inheritdoc/>
    public int ParametersPerFeature => (3 * _bins) + 2;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: bins (8), min_bin_width, min_bin_height, min_derivative (0.001 each).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static CircularSplineTransformer<T> FromConfig(JsonElement config) => Read(new ConfigReader("circular-spline", config));

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // The identity: equal bins, slope 1, no shift.
        raw.Clear();
        raw.Slice(2 * _bins, _bins).Fill(Math.Log(Math.Exp(1 - _minSlope) - 1));
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        RationalQuadraticBins bins = Table(tape, x, raw);
        tape.RequireBetween(x, -Math.PI, Math.PI, Kind, WayOut, closed: true);
        (Var z, Var logSlope) = bins.Forward(tape, Circle.Wrap(tape, tape.Subtract(x, Shift(tape, raw, 0))));
        return (Circle.Wrap(tape, tape.Add(z, Shift(tape, raw, 1))), tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        RationalQuadraticBins bins = Table(tape, z, raw);
        tape.RequireBetween(z, -Math.PI, Math.PI, InverseName, WayOut, closed: true);
        (Var x, Var logSlope) = bins.Inverse(tape, Circle.Wrap(tape, tape.Subtract(z, Shift(tape, raw, 1))));
        return (Circle.Wrap(tape, tape.Add(x, Shift(tape, raw, 0))), tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _bins);
        json.WriteNumber("min_bin_width", _minWidth);
        json.WriteNumber("min_bin_height", _minHeight);
        json.WriteNumber("min_derivative", _minSlope);
    }

    /// <summary>Reads what is left of an entry: the properties of this transformer.</summary>
    internal static CircularSplineTransformer<T> Read(ConfigReader reader)
    {
        int bins = reader.Integer("bins", 1, 8);
        double width = reader.Number("min_bin_width", 1e-3), height = reader.Number("min_bin_height", 1e-3), slope = reader.Number("min_derivative", 1e-3);
        return reader.Make(() => new CircularSplineTransformer<T>(bins, width, height, slope));
    }

    private Var Shift(Tape<T> tape, Var raw, int index) => RawParameters.Part(tape, raw, ParametersPerFeature, (3 * _bins) + index);

    private RationalQuadraticBins Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        int p = ParametersPerFeature;
        Var slopes = tape.AddConstant(tape.Softplus(RawParameters.Block(tape, raw, p, 2 * _bins, _bins)), _minSlope);
        (Var knotsX, Var widths) = Knots.Soft(tape, RawParameters.Block(tape, raw, p, 0, _bins), _minWidth, -Math.PI, Math.PI);
        (Var knotsY, Var heights) = Knots.Soft(tape, RawParameters.Block(tape, raw, p, _bins, _bins), _minHeight, -Math.PI, Math.PI);
        return new RationalQuadraticBins(knotsX, knotsY, widths, heights, tape.ConcatColumns(slopes, tape.SliceColumns(slopes, 0, 1)));
    }
}
