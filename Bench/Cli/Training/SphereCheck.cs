using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>Refuses data that are no points of the sphere, before a model of it is made.</summary>
internal static class SphereCheck
{
    /// <summary>Every row of every part must be a longitude in [-pi, pi] and a height in [-1, 1].</summary>
    public static void Require(DataSet data)
    {
        if (data.Train.Columns != 2)
            throw new BadInputException($"--model sphere: takes longitude and height, and {data.Name} has {data.Train.Columns} columns; give --data sphere:FILE with latitudes and longitudes, chosen with --columns.");
        double[] row = new double[2];
        foreach (Table part in (Table[])[data.Train, data.Validation, data.Test])
        {
            for (int r = 0; r < part.Rows; r++)
            {
                part.CopyRow(r, row.AsSpan());
                if (Math.Abs(row[0]) <= Math.PI && Math.Abs(row[1]) <= 1) continue;
                throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"--model sphere: {data.Name} has a row ({row[0]}, {row[1]}), expected a longitude in [-pi, pi] and a height in [-1, 1]; give latitudes and longitudes in degrees as --data sphere:FILE."));
            }
        }
    }
}
