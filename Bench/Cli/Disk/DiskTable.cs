using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Disk;

/// <summary>Named points of the hyperbolic plane from a file: a name and two coordinates a line, or two coordinates alone.</summary>
/// <param name="Names">One a point; its number where the file has none.</param>
/// <param name="Points">Disk coordinates over R, [count x 2].</param>
internal sealed record DiskTable(IReadOnlyList<string> Names, double[] Points)
{
    private const int Most = 200_000;

    public static DiskTable Read(string path, string coordinates, double radius)
    {
        IReadOnlyList<(long Line, string[] Cells)> rows = CellTable.Read(path, "points: a name and two coordinates a line, such as points.csv of embed", Most + 1);
        int columns = rows[0].Cells.Length;
        if (columns is not (2 or 3)) throw new BadInputException($"{path}: has {columns} columns, expected two coordinates, or a name and two; the disk shows points of the plane (embed --latent 2).");
        int begin = Parses(rows[0].Cells[^1]) ? 0 : 1;
        var names = new List<string>();
        var values = new double[2 * (rows.Count - begin)];
        for (int i = begin; i < rows.Count; i++)
        {
            (long line, string[] cells) = rows[i];
            for (int k = 0; k < 2; k++)
                if (!double.TryParse(cells[columns - 2 + k], NumberStyles.Float, CultureInfo.InvariantCulture, out values[2 * (i - begin) + k]) || !double.IsFinite(values[2 * (i - begin) + k]))
                    throw new BadInputException($"{path}: line {line}: {BadInputException.Quote(cells[columns - 2 + k])} is no finite number; expected a coordinate; correct the line.");
            names.Add(columns == 3 ? cells[0] : names.Count.ToString(CultureInfo.InvariantCulture));
        }

        if (names.Count == 0) throw new BadInputException($"{path}: holds no points below its header; give a file with data.");
        return new DiskTable(names, OnUnitDisk(path, values, coordinates, radius));
    }

    /// <summary>The same points after the translation of the plane that takes one of them to the centre.</summary>
    public DiskTable CentredOn(string name, string source)
    {
        int at = Enumerable.Range(0, Names.Count).FirstOrDefault(i => Names[i] == name, -1);
        if (at < 0) throw new BadInputException($"--centre {BadInputException.Quote(name)}: is none of the {Names.Count} points of {source}; expected the name of a point.");
        double[] spatial = PointViews.FromPoincare(Points, 2, 1), centre = spatial[(2 * at)..(2 * at + 2)];
        for (int i = 0; i < spatial.Length; i += 2) HyperbolicPoints.Translate(centre, spatial.AsSpan(i, 2), 1, spatial.AsSpan(i, 2), back: true);
        return this with { Points = PointViews.ToPoincare(spatial, 2, 1) };
    }

    private static double[] OnUnitDisk(string path, double[] values, string coordinates, double radius)
    {
        double[] spatial = values;
        if (coordinates == "disk")
        {
            try
            {
                spatial = PointViews.FromPoincare(values, 2, radius);
            }
            catch (BadInputException e)
            {
                throw new BadInputException($"{path}: {e.Message}", e);
            }
        }
        else if (coordinates == "tangent")
        {
            spatial = new double[values.Length];
            for (int i = 0; i < values.Length; i += 2) HyperbolicPoints.Exp0(values.AsSpan(i, 2), radius, spatial.AsSpan(i, 2));
        }

        double[] disk = PointViews.ToPoincare(spatial, 2, radius);
        for (int i = 0; i < disk.Length; i++) disk[i] /= radius;
        return disk;
    }

    private static bool Parses(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
