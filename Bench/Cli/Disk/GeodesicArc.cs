namespace NativeFlow.Cli.Disk;

/// <summary>The geodesic between two points of the unit disk as a piece of a circle that meets the boundary at right angles, or of a diameter.</summary>
/// <param name="From">One end.</param>
/// <param name="To">The other.</param>
internal readonly record struct GeodesicArc((double X, double Y) From, (double X, double Y) To)
{
    // A circle so large is a straight line to any eye.
    private const double Straight = 1e4;

    /// <summary>Centre and radius of the circle; null where it is a diameter up to what can be seen.</summary>
    /// <remarks>A circle about c meets the unit circle at right angles if its radius is sqrt(|c|^2 - 1); it passes through p if 2 c.p = 1 + |p|^2.</remarks>
    public (double X, double Y, double Radius)? Circle
    {
        get
        {
            double det = From.X * To.Y - From.Y * To.X;
            double a = 0.5 * (1 + From.X * From.X + From.Y * From.Y), b = 0.5 * (1 + To.X * To.X + To.Y * To.Y);
            double x = (a * To.Y - b * From.Y) / det, y = (b * From.X - a * To.X) / det;
            double square = x * x + y * y - 1;
            // The ends may be one point; then any line will do.
            if (!(square > 0) || !(square < Straight * Straight)) return null;
            return (x, y, Math.Sqrt(square));
        }
    }

    /// <summary>Points from one end to the other, near enough for straight pieces between them to look round.</summary>
    public IEnumerable<(double X, double Y)> Points(int segments)
    {
        yield return From;
        if (Circle is { } c)
        {
            double from = Math.Atan2(From.Y - c.Y, From.X - c.X), turn = Math.Atan2(To.Y - c.Y, To.X - c.X) - from;
            if (turn > Math.PI) turn -= 2 * Math.PI;
            if (turn < -Math.PI) turn += 2 * Math.PI;
            for (int k = 1; k < segments; k++)
            {
                double angle = from + turn * k / segments;
                yield return (c.X + c.Radius * Math.Cos(angle), c.Y + c.Radius * Math.Sin(angle));
            }
        }

        yield return To;
    }
}
