using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Points of the unit sphere S^2 in coordinates that keep areas: longitude in [-pi, pi) and height z = sin(latitude) in [-1, 1].</summary>
/// <remarks>Area is Lebesgue measure in these coordinates (Archimedes): a density in them is one against the area of the sphere, and the uniform one is 1/(4 pi).</remarks>
public static class SphereCoordinates
{
    /// <summary>What stands before the path of a file of latitudes and longitudes.</summary>
    public const string Prefix = "sphere:";

    /// <summary>Rows (latitude, longitude) in degrees as rows (longitude in radians, height). Longitudes may go from -360 to 360.</summary>
    /// <exception cref="BadInputException">Not two columns, a latitude outside [-90, 90] or a longitude outside [-360, 360].</exception>
    public static Table FromDegrees(Table degrees)
    {
        if (degrees.Columns != 2) throw new BadInputException($"{degrees.Name}: has {degrees.Columns} columns, expected latitude and longitude in degrees; choose these two, in this order, with --columns.");
        double[] values = new double[2 * degrees.Rows], row = new double[2];
        for (int r = 0; r < degrees.Rows; r++)
        {
            degrees.CopyRow(r, row.AsSpan());
            if (!(Math.Abs(row[0]) <= 90)) throw Outside(degrees, r, "latitude", row[0], 90);
            if (!(Math.Abs(row[1]) <= 360)) throw Outside(degrees, r, "longitude", row[1], 360);
            // Whole turns are taken off in degrees, where they are exact.
            double longitude = row[1] - (360 * Math.Floor((row[1] + 180) / 360));
            values[2 * r] = longitude * (Math.PI / 180);
            values[(2 * r) + 1] = Math.Sin(row[0] * (Math.PI / 180));
        }

        return Table.FromDoubles(degrees.Name, degrees.Rows, 2, values, ["longitude", "height"]);
    }

    private static BadInputException Outside(Table table, int row, string what, double value, int limit)
        => new(string.Create(CultureInfo.InvariantCulture, $"{table.Name}: row {row} (from 0) has the {what} {value}, expected degrees in [-{limit}, {limit}]; give latitude first, then longitude (--columns orders them), or correct the row."));
}
