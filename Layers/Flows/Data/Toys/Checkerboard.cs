namespace NativeFlow.Layers;

/// <summary>Uniform on the eight black fields of a 4 x 4 board around the origin. Entropy log(8 side^2).</summary>
public sealed class Checkerboard : IToyDensity
{
    private readonly double _side;

    /// <summary>The usual board over [-4, 4]^2, entropy ln 32.</summary>
    public Checkerboard() : this("checkerboard", 2)
    {
    }

    /// <summary>A board of fields of another side.</summary>
    /// <param name="name">As in <c>toy:NAME</c>.</param>
    /// <param name="side">Of a field.</param>
    public Checkerboard(string name, double side)
    {
        (Name, _side) = (name, side);
        Entropy = Math.Log(8 * side * side);
        EntropySource = FormattableString.Invariant($"closed form, ln {8 * side * side}");
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public double Entropy { get; }

    /// <inheritdoc/>
    public string EntropySource { get; }

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
    {
        (x, y) = (x / _side, y / _side);
        return x is >= -2 and < 2 && y is >= -2 and < 2 && ((int)Math.Floor(x) + (int)Math.Floor(y)) % 2 == 0 ? -Entropy : double.NegativeInfinity;
    }

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        // u picks the column and the place in it, v one of that column's two fields and the place in it.
        int column = (int)(4 * u), field = (int)(2 * v);
        int row = 2 * field + (column & 1);
        return (_side * (-2 + 4 * u), _side * (-2 + row + (2 * v - field)));
    }
}
