namespace NativeFlow.Layers;

/// <summary>Where an increasing map lives: x in (From, To) onto z in (Least, Most), open intervals.</summary>
/// <param name="From">Lower end of x.</param>
/// <param name="To">Upper end of x.</param>
/// <param name="Least">Lower end of z.</param>
/// <param name="Most">Upper end of z.</param>
public readonly record struct RootBounds(double From, double To, double Least, double Most)
{
    /// <summary>From the line to the line.</summary>
    public static RootBounds Line => new(double.NegativeInfinity, double.PositiveInfinity, double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>From the line to (0, 1), as distribution functions.</summary>
    public static RootBounds Unit => new(double.NegativeInfinity, double.PositiveInfinity, 0, 1);
}
