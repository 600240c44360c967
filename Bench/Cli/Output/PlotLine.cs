namespace NativeFlow.Cli;

/// <summary>A line of a plot.</summary>
/// <param name="Name">Written at its end; empty for a line without a label.</param>
/// <param name="Style">Number of its colour, dash and marker; the same in every plot of a page.</param>
/// <param name="Points">From left to right, finite.</param>
internal sealed record PlotLine(string Name, int Style, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>Lower and upper edge of the band around the line, one pair a point; null for none.</summary>
    public IReadOnlyList<(double Low, double High)>? Band { get; init; }

    /// <summary>A sign at every point.</summary>
    public bool HasMarkers { get; init; }

    /// <summary>Thin and unlabelled: a run that broke off; a cross stands at its last point.</summary>
    public bool IsBroken { get; init; }
}
