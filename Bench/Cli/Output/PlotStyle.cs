using System.Globalization;

namespace NativeFlow.Cli;

/// <summary>How the lines of a page look: colour, dash and marker change together, so that no two need their colour to be told apart.</summary>
internal static class PlotStyle
{
    // Paul Tol's bright scheme, safe for the colour-blind; brown for the seventh, as grey belongs to the guides. For dark pages the same hues, lighter.
    private static readonly string[] Light = ["#4477AA", "#EE6677", "#228833", "#AA3377", "#B58900", "#2AA1C0", "#7A4B2A"];
    private static readonly string[] Dark = ["#77AADD", "#FF8899", "#66BB66", "#DD77BB", "#DDBB44", "#66CCEE", "#C9A184"];
    private static readonly string[] Dashes = ["", "7 3", "2 3", "9 3 2 3", "12 4"];

    /// <summary>Colours of the lines as rules of a style sheet.</summary>
    public static string Css(bool dark)
    {
        string[] colours = dark ? Dark : Light;
        return string.Concat(Enumerable.Range(0, colours.Length).Select(i => $".s{i}{{stroke:{colours[i]}}}.f{i}{{fill:{colours[i]}}}\n"));
    }

    public static string Stroke(int style) => "s" + (style % Light.Length).ToString(CultureInfo.InvariantCulture);

    public static string Fill(int style) => "f" + (style % Light.Length).ToString(CultureInfo.InvariantCulture);

    /// <summary>An attribute, or nothing for an unbroken line.</summary>
    public static string Dash(int style) => Dashes[style % Dashes.Length] is { Length: > 0 } dash ? $" stroke-dasharray=\"{dash}\"" : "";

    /// <summary>Disc, square, diamond, triangle: an element at (x, y).</summary>
    public static string Marker(int style, double x, double y, double radius)
    {
        FormattableString path = (style % 4) switch
        {
            0 => $"M{x - radius:0.##} {y:0.##}a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0Z",
            1 => $"M{x - radius * 0.9:0.##} {y - radius * 0.9:0.##}h{1.8 * radius}v{1.8 * radius}h{-1.8 * radius}Z",
            2 => $"M{x:0.##} {y - radius * 1.3:0.##}l{1.3 * radius} {1.3 * radius}l{-1.3 * radius} {1.3 * radius}l{-1.3 * radius} {-1.3 * radius}Z",
            _ => $"M{x:0.##} {y - radius * 1.2:0.##}l{1.2 * radius} {2.1 * radius}h{-2.4 * radius}Z",
        };
        return $"<path class=\"mark {Fill(style)}\" d=\"{path.ToString(CultureInfo.InvariantCulture)}\"/>";
    }
}
