using System.Globalization;

namespace NativeFlow.Cli;

/// <summary>A range of numbers along an axis, straight or logarithmic, and where its ticks stand.</summary>
internal sealed class AxisScale
{
    private readonly double _low;
    private readonly double _high;

    private AxisScale(double min, double max, bool isLogarithmic, IReadOnlyList<double> ticks)
    {
        (Min, Max, IsLogarithmic, Ticks) = (min, max, isLogarithmic, ticks);
        (_low, _high) = isLogarithmic ? (Math.Log10(min), Math.Log10(max)) : (min, max);
    }

    public double Min { get; }

    public double Max { get; }

    public bool IsLogarithmic { get; }

    /// <summary>From below; all lie within the range.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>A straight axis over [<paramref name="min"/>, <paramref name="max"/>] with ticks at 1, 2 or 5 times a power of ten, as near to <paramref name="count"/> as these allow.</summary>
    public static AxisScale Linear(double min, double max, int count = 6)
    {
        if (!double.IsFinite(min) || !double.IsFinite(max)) throw new ArgumentException($"AxisScale: the ends {min} and {max} must be finite.");
        // One value alone still needs a stretch to stand in.
        if (!(max - min > 1e-12 * Math.Max(Math.Abs(min), Math.Abs(max))))
        {
            double room = min == 0 ? 1 : Math.Abs(min) * 0.05;
            (min, max) = (min - room, max + room);
        }

        double step = Step((max - min) / count);
        var ticks = new List<double>();
        // + 0.0 makes a zero of the negative one.
        for (double k = Math.Ceiling(min / step - 1e-9); k * step <= max + 1e-9 * step; k++) ticks.Add((k * step) + 0.0);
        return new AxisScale(min, max, false, ticks);
    }

    /// <summary>A logarithmic axis with ticks at <paramref name="ticks"/>, or, where these are null, at powers of ten (with 2 and 5 times them over fewer than three).</summary>
    /// <exception cref="ArgumentException">An end is not positive.</exception>
    public static AxisScale Logarithmic(double min, double max, IReadOnlyList<double>? ticks = null)
    {
        if (!(min > 0) || !double.IsFinite(max)) throw new ArgumentException($"AxisScale: the ends {min} and {max} of a logarithmic axis must be positive.");
        if (!(max > min * (1 + 1e-9))) (min, max) = (min / 1.5, max * 1.5);
        if (ticks is not null) return new AxisScale(min, max, true, [.. ticks.Where(t => t >= min && t <= max).Order()]);
        double[] steps = max / min < 1000 ? [1, 2, 5] : [1];
        var found = new List<double>();
        for (int decade = (int)Math.Floor(Math.Log10(min)); decade <= Math.Ceiling(Math.Log10(max)); decade++)
            foreach (double s in steps)
            {
                double tick = s * Math.Pow(10, decade);
                if (tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9)) found.Add(tick);
            }

        return new AxisScale(min, max, true, found);
    }

    /// <summary>Where a value stands: 0 at the low end, 1 at the high end, beyond them outside.</summary>
    public double Share(double value) => ((IsLogarithmic ? Math.Log10(value) : value) - _low) / (_high - _low);

    /// <summary>A tick's number: as few digits as tell it from its neighbours.</summary>
    public string Label(double tick)
    {
        double size = Math.Abs(tick);
        if (size > 0 && (size >= 1e5 || size < 1e-3)) return tick.ToString("0.##e0", CultureInfo.InvariantCulture).Replace('-', '−');
        // Sums of steps end in rounding; 1e-12 of the step is nothing.
        double step = IsLogarithmic || Ticks.Count < 2 ? size : Ticks[1] - Ticks[0];
        int digits = step > 0 ? Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 9) : 0;
        return Math.Round(tick, digits).ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace('-', '−');
    }

    private static double Step(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough))), share = rough / power;
        return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
    }
}
