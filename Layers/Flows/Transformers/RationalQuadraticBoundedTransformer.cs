using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Monotone rational-quadratic spline from [left, right] onto [bottom, top], nothing outside. Raw parameters of a feature: K widths, K heights, K + 1 slopes.</summary>
/// <remarks>Cost: a search and about twenty numbers an element. Source: Durkan et al. 2019, Neural Spline Flows.</remarks>
public sealed class RationalQuadraticBoundedTransformer<T> : ITransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _bins;
    private readonly double _left, _right, _bottom, _top, _minWidth, _minHeight, _minSlope;

    /// <summary>Makes the transformer.</summary>
    /// <param name="bins">K.</param>
    /// <param name="left">Lower end of x.</param>
    /// <param name="right">Upper end of x.</param>
    /// <param name="bottom">Lower end of z.</param>
    /// <param name="top">Upper end of z.</param>
    /// <param name="minBinWidth">Least width of a bin, as a part of the interval.</param>
    /// <param name="minBinHeight">Least height of a bin, as a part of the interval.</param>
    /// <param name="minDerivative">Least slope at a knot.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RationalQuadraticBoundedTransformer(
        int bins = 8, double left = 0, double right = 1, double bottom = 0, double top = 1, double minBinWidth = 1e-3, double minBinHeight = 1e-3, double minDerivative = 1e-3)
    {
        Knots.Check(bins, minBinWidth, minBinHeight);
        if (!(left < right) || !double.IsFinite(right - left)) throw new ArgumentException($"left is {left}, right is {right}; left must be less, and both finite.");
        if (!(bottom < top) || !double.IsFinite(top - bottom)) throw new ArgumentException($"bottom is {bottom}, top is {top}; bottom must be less, and both finite.");
        double straight = (top - bottom) / (right - left);
        if (!(minDerivative > 0 && minDerivative < straight)) throw new ArgumentException($"min_derivative is {minDerivative}; it must lie in (0, {straight}), below the slope of the straight line.");
        (_bins, _left, _right, _bottom, _top, _minWidth, _minHeight, _minSlope) = (bins, left, right, bottom, top, minBinWidth, minBinHeight, minDerivative);
    }

    /// <inheritdoc/>
    public string Kind => "rational-quadratic-bounded";

    /// <inheritdoc/>
    public int ParametersPerFeature => (3 * _bins) + 1;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: bins (8), left, right, bottom, top (0, 1, 0, 1), min_bin_width, min_bin_height, min_derivative (0.001 each).</summary>
    /// <exception cref="BadInputException">A property is unknown, of the wrong type or out of range.</exception>
    public static RationalQuadraticBoundedTransformer<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("rational-quadratic-bounded", config);
        int bins = reader.Integer("bins", 1, 8);
        double left = reader.Number("left", 0), right = reader.Number("right", 1), bottom = reader.Number("bottom", 0), top = reader.Number("top", 1);
        double width = reader.Number("min_bin_width", 1e-3), height = reader.Number("min_bin_height", 1e-3), slope = reader.Number("min_derivative", 1e-3);
        return reader.Make(() => new RationalQuadraticBoundedTransformer<T>(bins, left, right, bottom, top, width, height, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw)
    {
        // A straight line: equal bins, and its slope at every knot.
        raw.Clear();
        double slope = ((_top - _bottom) / (_right - _left)) - _minSlope;
        raw[(2 * _bins)..].Fill(slope + Math.Log(-Math.Exp(-slope) + 1));
    }

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        RationalQuadraticBins bins = Table(tape, x, raw);
        tape.RequireBetween(x, _left, _right, Kind, "scale its input, or choose a map of the whole line", closed: true);
        (Var z, Var logSlope) = bins.Forward(tape, x);
        return (Choose.Hold(tape, z, _bottom, _top), tape.SumColumns(logSlope));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        RationalQuadraticBins bins = Table(tape, z, raw);
        tape.RequireBetween(z, _bottom, _top, Kind, "scale its input, or choose a map of the whole line", closed: true);
        (Var x, Var logSlope) = bins.Inverse(tape, z);
        return (Choose.Hold(tape, x, _left, _right), tape.SumColumns(logSlope, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("bins", _bins);
        json.WriteNumber("left", _left);
        json.WriteNumber("right", _right);
        json.WriteNumber("bottom", _bottom);
        json.WriteNumber("top", _top);
        json.WriteNumber("min_bin_width", _minWidth);
        json.WriteNumber("min_bin_height", _minHeight);
        json.WriteNumber("min_derivative", _minSlope);
    }

    private RationalQuadraticBins Table(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        int p = ParametersPerFeature;
        Var slopes = tape.AddConstant(tape.Softplus(RawParameters.Block(tape, raw, p, 2 * _bins, _bins + 1)), _minSlope);
        (Var knotsX, Var widths) = Knots.Soft(tape, RawParameters.Block(tape, raw, p, 0, _bins), _minWidth, _left, _right);
        (Var knotsY, Var heights) = Knots.Soft(tape, RawParameters.Block(tape, raw, p, _bins, _bins), _minHeight, _bottom, _top);
        return new RationalQuadraticBins(knotsX, knotsY, widths, heights, slopes);
    }
}
