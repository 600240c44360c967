using System.Globalization;

namespace NativeFlow.Layers;

/// <summary>What kind of mistake makes log-determinants differ as they do.</summary>
internal static class LogDetMismatch
{
    /// <summary>A few words for a recognised pattern; null for none.</summary>
    /// <param name="values">What was computed, one number a point.</param>
    /// <param name="exact">What is right.</param>
    public static string? Nature(ReadOnlySpan<double> values, ReadOnlySpan<double> exact)
    {
        if (values.ContainsAnyExceptInRange(double.MinValue, double.MaxValue)) return "not finite";
        double size = 0, sum = 0, shift = 0, ratio = 0, squares = 0;
        for (int i = 0; i < values.Length; i++)
        {
            size = Math.Max(size, Math.Abs(exact[i]));
            sum = Math.Max(sum, Math.Abs(values[i] + exact[i]));
            shift += (values[i] - exact[i]) / values.Length;
            ratio += values[i] * exact[i];
            squares += exact[i] * exact[i];
        }
        double close = 1e-6 * Math.Max(1, size);
        if (size > close && sum <= close) return "the sign is flipped";
        if (values.Length < 2) return null;
        ratio = squares > 0 ? ratio / squares : 0;
        double fromShift = 0, fromRatio = 0;
        for (int i = 0; i < values.Length; i++)
        {
            fromShift = Math.Max(fromShift, Math.Abs(values[i] - exact[i] - shift));
            fromRatio = Math.Max(fromRatio, Math.Abs(values[i] - (ratio * exact[i])));
        }
        // The shift itself must stand out from what is left.
        if (fromShift <= Math.Min(close, 1e-3 * Math.Abs(shift))) return FormattableString.Invariant($"off by the same {shift:G4} everywhere: a constant factor is wrong or missing");
        if (fromRatio <= close && Math.Abs(ratio - 1) > 1e-3) return FormattableString.Invariant($"{ratio:G4} times the right value everywhere: a factor is wrong");
        return null;
    }
}
