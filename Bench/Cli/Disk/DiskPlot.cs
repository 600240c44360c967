using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Disk;

/// <summary>Makes disk pictures from files: tables of points with edges and names, or flows in tangent coordinates.</summary>
internal static partial class DiskPlot
{
    // The lightest yellow is hard to see on white.
    private const double LightestShare = 0.93;
    private const int HeatSize = 400;
    private static readonly (byte, byte, byte) Plain = (33, 102, 172), OnHeat = (255, 255, 255);

    /// <summary>Writes the picture and returns a line about it.</summary>
    public static string Write(DiskRequest request)
    {
        bool model = request.Source.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        if (model && (request.Edges ?? request.Labels ?? request.Centre) is not null) throw new BadInputException("--edges, --labels and --centre belong to a table of points, not to a model; leave them out.");
        if (!model && request.Target is not null) throw new BadInputException("--target belongs to a model, not to a table of points; leave it out.");
        return model ? ModelFile.DtypeOf(request.Source) == "float" ? OfModel<float>(request) : OfModel<double>(request) : OfPoints(request);
    }

    private static string OfPoints(DiskRequest request)
    {
        DiskTable table = DiskTable.Read(request.Source, request.Coordinates, request.Radius);
        if (request.Centre is { } centre) table = table.CentredOn(centre, request.Source);
        DiskTree? tree = request.Edges is { } edges ? DiskTree.Read(edges, table) : null;
        int count = table.Names.Count, deepest = tree?.Depths.Max() ?? 0;
        var ranks = new Dictionary<int, int>();
        foreach (int node in Labelled(request, table, tree)) ranks.Add(node, ranks.Count);
        double size = Math.Clamp(70 / Math.Sqrt(count), 1.3, 4) * request.Size / 800;
        var picture = new DiskPicture { Title = request.Title ?? Path.GetFileNameWithoutExtension(request.Source), Size = request.Size };
        if (tree is not null)
            foreach ((int from, int to) in tree.Edges.OrderByDescending(e => Math.Max(tree.Depths[e.From], tree.Depths[e.To])))
                picture.Edges.Add((new GeodesicArc(At(table, from), At(table, to)), Paler(ColourOf(Math.Max(tree.Depths[from], tree.Depths[to]), deepest))));
        // The named ones on top.
        foreach (int i in Enumerable.Range(0, count).OrderBy(ranks.ContainsKey))
        {
            (double x, double y) = At(table, i);
            bool named = ranks.TryGetValue(i, out int rank);
            picture.Marks.Add(new DiskMark(x, y, tree is null ? Plain : ColourOf(tree.Depths[i], deepest), named ? 1.7 * size : size, named ? TextOf(table.Names[i]) : null, rank));
        }

        if (tree is not null && deepest > 0)
        {
            for (int depth = 0; depth <= deepest; depth++)
            {
                int here = tree.Depths.Count(d => d == depth);
                if (deepest <= 20 || depth % (deepest / 10) == 0) picture.Legend.Add((ColourOf(depth, deepest), $"depth {depth} ({here})"));
            }
        }

        picture.Notes.Add($"{count} points");
        if (tree is not null) picture.Notes.Add($"{tree.Edges.Count} edges");
        picture.Notes.Add(FormattableString.Invariant($"radius R = {request.Radius:0.###}"));
        picture.Write(request.Out);
        string names = ranks.Count == 0 ? "" : $", {picture.LabelsPlaced} of {ranks.Count} names";
        return $"{request.Out}: {count} points{(tree is null ? "" : $", {tree.Edges.Count} edges, depth up to {deepest}")}{names} in the Poincare disk";
    }

    private static string OfModel<T>(DiskRequest request) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Kernels.IBackend<T> backend = request.Device.Make<T>(request.Threads);
        using Flow<T> flow = ModelFile.Load(request.Source, backend);
        if (flow.Dimension != 2) throw new BadInputException($"{request.Source}: has {flow.Dimension} features; the disk shows models of two.");
        double radius = request.Radius;
        DiskPicture? target = request.Target is { } toy ? OfToy(toy, request) : null;
        var heat = new DiskHeat(points => AreaDensity(w => LogProb(flow, w), points, radius), radius, HeatSize, target?.Heat!.Ceiling ?? 0);
        var picture = new DiskPicture { Title = request.Title ?? Path.GetFileNameWithoutExtension(request.Source), Size = request.Size, Heat = heat };
        if (request.Count > 0)
        {
            double[] samples = Array.ConvertAll(Sampling.Draw(flow, request.Count, request.Seed, InverseKind.Exact), double.CreateTruncating);
            for (int i = 0; i < samples.Length; i += 2) HyperbolicPoints.Exp0(samples.AsSpan(i, 2), radius, samples.AsSpan(i, 2));
            double[] disk = PointViews.ToPoincare(samples, 2, radius);
            for (int i = 0; i < disk.Length; i += 2) picture.Marks.Add(new DiskMark(disk[i] / radius, disk[i + 1] / radius, OnHeat, 0.8));
        }

        picture.Notes.Add(FormattableString.Invariant($"radius R = {radius:0.###}"));
        if (target is null) picture.Write(request.Out);
        else new DiskPair(target, picture).Write(request.Out);
        string beside = request.Target is { } shown ? $"; on the left that of {Toys.Prefix}{shown.Name}" : "";
        return FormattableString.Invariant($"{request.Out}: density per hyperbolic area of radius {radius:0.###} (lightest colour {heat.Ceiling:G4}), the model's two features read as tangent coordinates at the origin, {request.Count} samples{beside}");
    }

    private static DiskPicture OfToy(IToyDensity toy, DiskRequest request)
    {
        double[] LogDensity(double[] w) => [.. Enumerable.Range(0, w.Length / 2).Select(i => toy.LogDensity(w[2 * i], w[2 * i + 1]))];
        var heat = new DiskHeat(points => AreaDensity(LogDensity, points, request.Radius), request.Radius, HeatSize);
        return new DiskPicture { Title = Toys.Prefix + toy.Name, Size = request.Size, Heat = heat };
    }

    private static double[] LogProb<T>(Flow<T> flow, double[] w) where T : unmanaged, IFloatingPointIeee754<T>
        => Array.ConvertAll(flow.LogProb(Array.ConvertAll(w, v => T.CreateTruncating(v))), v => double.CreateTruncating(v));

    // dw = sinh(r)/r dA towards the tangent plane: the area shrinks by what the circles around the origin are longer.
    private static double[] AreaDensity(Func<double[], double[]> logDensity, double[] points, double radius)
    {
        double[] w = PointViews.FromPoincare(points, 2, radius), stretch = new double[w.Length / 2];
        for (int i = 0; i < stretch.Length; i++)
        {
            Span<double> row = w.AsSpan(2 * i, 2);
            HyperbolicPoints.Log0(row, radius, row);
            double r = Math.Sqrt(row[0] * row[0] + row[1] * row[1]) / radius;
            stretch[i] = r < 1e-4 ? 1 : Math.Sinh(r) / r;
        }

        return [.. logDensity(w).Select((v, i) => Math.Exp(v) / stretch[i])];
    }

    private static IEnumerable<int> Labelled(DiskRequest request, DiskTable table, DiskTree? tree)
    {
        if (request.Labels is not { } labels) return [];
        // The most general ones first: those with most below them, else those in the middle.
        IEnumerable<int> byRank = Enumerable.Range(0, table.Names.Count)
            .OrderByDescending(i => tree?.Below[i] ?? 0)
            .ThenBy(i => table.Points[2 * i] * table.Points[2 * i] + table.Points[2 * i + 1] * table.Points[2 * i + 1]);
        if (int.TryParse(labels, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return byRank.Take(Arguments.Whole("--labels", labels, 0));
        var chosen = new List<int>();
        int[] ranked = [.. byRank];
        foreach (string name in labels.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int at = Array.FindIndex(ranked, i => table.Names[i] == name);
            if (at < 0) at = Array.FindIndex(ranked, i => TextOf(table.Names[i]) == name);
            if (at < 0) throw new BadInputException($"--labels: {BadInputException.Quote(name)} is none of the {table.Names.Count} points of {request.Source}; expected a number, or names of points separated by commas.");
            if (!chosen.Contains(ranked[at])) chosen.Add(ranked[at]);
        }

        return chosen;
    }

    private static (double X, double Y) At(DiskTable table, int i) => (table.Points[2 * i], table.Points[2 * i + 1]);

    private static (byte Red, byte Green, byte Blue) ColourOf(int depth, int deepest) => ColourMap.Of(deepest == 0 ? 0 : LightestShare * depth / deepest);

    private static (byte, byte, byte) Paler((byte Red, byte Green, byte Blue) c) => ((byte)(255 - (255 - c.Red) / 2), (byte)(255 - (255 - c.Green) / 2), (byte)(255 - (255 - c.Blue) / 2));

    // WordNet's sense numbers and underscores are not for readers: guinea_pig.n.02 is a guinea pig.
    private static string TextOf(string name) => Sense().Replace(name, "").Replace('_', ' ');

    [GeneratedRegex(@"\.[nvars]\.\d\d$")]
    private static partial Regex Sense();
}
