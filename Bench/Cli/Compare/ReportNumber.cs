using System.Globalization;
using System.Text.RegularExpressions;

namespace NativeFlow.Cli.Compare;

/// <summary>Numbers and names of a report as text.</summary>
internal static partial class ReportNumber
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>As many significant digits as asked for; a dash where there is no number.</summary>
    public static string Short(double? value, int digits = 4)
    {
        if (value is not { } number) return ReportCell.None;
        if (!double.IsFinite(number)) return number.ToString(CultureInfo.InvariantCulture);
        double size = Math.Abs(number);
        // Whole numbers keep their digits: 1568 steps are not 1.57e3.
        if (size >= 1e-4 && size < 1e7)
        {
            int places = Math.Clamp(digits - 1 - (int)Math.Floor(Math.Log10(size)), 0, 12);
            return number.ToString("0." + new string('#', places), CultureInfo.InvariantCulture);
        }

        return number == 0 ? "0" : number.ToString("0." + new string('#', digits - 1) + "e+0", CultureInfo.InvariantCulture);
    }

    /// <summary>Mean ± standard deviation over the seeds, both to the deviation's second digit, but the mean never to more than <paramref name="digits"/>; the mean alone for one seed.</summary>
    public static string WithSpread(SeedSpread spread, int digits = 6)
    {
        if (!spread.IsKnown) return ReportCell.None;
        if (!(spread.Deviation > 0)) return spread.Count > 1 ? Short(spread.Mean, digits) + " ± 0" : Short(spread.Mean, digits);
        // 0.0999999 is 0.10.
        int places = 1 - (int)Math.Floor(Math.Log10(spread.Deviation) + 1e-3);
        int most = digits - 1 - (spread.Mean == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(spread.Mean))));
        // Too fine or too coarse for fixed places: digits then.
        if (places is < 0 or > 9 || places > most) return $"{Short(spread.Mean, digits)} ± {Short(spread.Deviation, 2)}";
        string format = "F" + places.ToString(CultureInfo.InvariantCulture);
        return $"{spread.Mean.ToString(format, CultureInfo.InvariantCulture)} ± {spread.Deviation.ToString(format, CultureInfo.InvariantCulture)}";
    }

    public static string Bytes(double? bytes)
    {
        if (bytes is not { } size) return ReportCell.None;
        int unit = 0;
        for (; Math.Abs(size) >= 1024 && unit < ByteUnits.Length - 1; unit++) size /= 1024;
        return $"{Short(size, 3)} {ByteUnits[unit]}";
    }

    /// <summary>The shortest text that reads back to the same number; empty where there is none.</summary>
    public static string Exact(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A text whose file paths are cut to their last part: a report tells what ran, not where on whose disk.</summary>
    public static string WithoutFolders(string text) => Folders().Replace(text, "");

    [GeneratedRegex(@"(?<![\p{L}\p{N}_.~-])(?:~|\.{1,2}|[A-Za-z]:|\\\\[^\s\\/]+)?[\\/](?:[^\s\\/'""<>|;,]+[\\/])*(?=[^\s\\/'""<>|;,])")]
    private static partial Regex Folders();
}
