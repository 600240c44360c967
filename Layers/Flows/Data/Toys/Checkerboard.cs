namespace NativeFlow.Layers;

/// <summary>Uniform on the eight black fields of a 4 x 4 board over [-4, 4]^2. Entropy ln 32.</summary>
public sealed class Checkerboard : IToyDensity
{
    /// <inheritdoc/>
    public string Name => "checkerboard";

    /// <inheritdoc/>
    public double Entropy => Math.Log(32);

    /// <inheritdoc/>
    public string EntropySource => "closed form, ln 32";

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
        => x is >= -4 and < 4 && y is >= -4 and < 4 && ((int)Math.Floor(x / 2) + (int)Math.Floor(y / 2)) % 2 == 0 ? -Math.Log(32) : double.NegativeInfinity;

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        // u picks the column and the place in it, v one of that column's two fields and the place in it.
        int column = (int)(4 * u), field = (int)(2 * v);
        int row = 2 * field + (column & 1);
        return (-4 + 8 * u, -4 + 2 * (row + (2 * v - field)));
    }
}
