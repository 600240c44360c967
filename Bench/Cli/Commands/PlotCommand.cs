using System.CommandLine;
using System.Globalization;
using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Disk;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow plot</c>.</summary>
internal static class PlotCommand
{
    // A latent grid of 13 lines each way, as far as all but one in two hundred latents lie.
    private const int Lines = 13, PointsOfLine = 1001;
    private const double Tail = 0.005;

    public static Command Create()
    {
        Argument<string> model = new("MODEL") { Description = "model.safetensors of two features, written by train; with --disk also a table of points, such as points.csv of embed" };
        Option<string?> output = Arguments.Text("--out", "file ending in .png or .svg", "FILE");
        output.Aliases.Add("-o");
        output.Required = true;
        Option<string?> count = Arguments.Text("--count", "number of samples [2000]", "N");
        Option<string?> seed = Arguments.Text("--seed", "seed of the samples [0]", "N");
        Option<string?> bounds = Arguments.Text("--bounds", "stretch of the plane: LEFT,RIGHT,BOTTOM,TOP [where the samples are]", "LIST");
        Option<string?> size = Arguments.Text("--size", "pixels across one of the three panels [480]", "PIXELS");
        Option<string?> threads = Arguments.Text("--threads", "threads; results do not depend on it [one per processor]", "N");
        Option<string?> device = DeviceChoice.CreateOption();
        Option<bool> asJson = Arguments.Switch("--json", "print a summary as JSON");
        Option<bool> disk = Arguments.Switch("--disk", "draw the Poincare disk: points, edges and names, or the density of a model in tangent coordinates");
        Option<string?> radius = Arguments.Text("--radius", "radius R of the hyperbolic plane, curvature -1/R^2 [1]", "R");
        Option<string?> coordinates = Arguments.Text("--coordinates", "what the table of points holds: disk, spatial or tangent [disk]", "NAME");
        Option<string?> centre = Arguments.Text("--centre", "name of the point to move to the middle by an isometry", "NAME");
        Option<string?> edges = Arguments.Text("--edges", "edges to draw: child,ancestor by name (transitive reduction, colours by depth), or graph:PATH", "CSV");
        Option<string?> labels = Arguments.Text("--labels", "how many points to name, or which: dog,cat,...", "N|LIST");
        Option<string?> title = Arguments.Text("--title", "title of the disk [the file's name]", "TEXT");
        Option<string?> target = Arguments.Text("--target", "draw the density of this toy beside the model's", "toy:NAME");
        Option<string?>[] onDisk = [radius, coordinates, centre, edges, labels, title, target];
        Command command = new("plot", "Pictures a model of two features: its density, its samples, and the images of a regular latent grid under the inverse. With --disk the Poincare disk: points and edges, or a density.") { model, output, count, seed, bounds, size, threads, device, asJson, disk, radius, coordinates, centre, edges, labels, title, target };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(output)!;
            if (Path.GetExtension(path).ToLowerInvariant() is not (".png" or ".svg")) throw new BadInputException($"--out {path}: expected a name ending in .png or .svg.");
            DeviceChoice where = DeviceChoice.Of(parsed.GetValue(device));
            if (parsed.GetValue(disk))
            {
                if (parsed.GetValue(bounds) is not null || parsed.GetValue(asJson)) throw new BadInputException("plot --disk takes neither --bounds nor --json; leave them out.");
                where.Say(parsed.InvocationConfiguration.Output);
                string line = DiskPlot.Write(new DiskRequest(
                    parsed.GetRequiredValue(model),
                    path,
                    parsed.GetValue(radius) is { } r ? Arguments.Number("--radius", r, zero: false) : 1,
                    Arguments.OneOf("--coordinates", parsed.GetValue(coordinates) ?? "disk", "disk", "spatial", "tangent"),
                    parsed.GetValue(centre),
                    parsed.GetValue(edges),
                    parsed.GetValue(labels),
                    parsed.GetValue(title),
                    parsed.GetValue(size) is { } across ? AtMost("--size", Arguments.Whole("--size", across, 160), 4096) : 800,
                    parsed.GetValue(count) is { } samples ? AtMost("--count", Arguments.Whole("--count", samples, 0), 1_000_000) : 0,
                    parsed.GetValue(seed) is { } key ? Arguments.Seed("--seed", key) : 0,
                    parsed.GetValue(threads) is { } cores ? Arguments.Whole("--threads", cores, 1) : 0,
                    where)
                {
                    Target = parsed.GetValue(target) is { } toy ? Toys.Find(toy.StartsWith(Toys.Prefix, StringComparison.Ordinal) ? toy[Toys.Prefix.Length..] : toy) : null,
                });
                parsed.InvocationConfiguration.Output.WriteLine(line);
                return Program.Done;
            }

            foreach (Option<string?> option in onDisk)
                if (parsed.GetValue(option) is not null) throw new BadInputException($"plot: {option.Name} belongs to --disk; add --disk, or leave it out.");
            var request = new Request(
                parsed.GetRequiredValue(model),
                parsed.GetValue(count) is { } n ? AtMost("--count", Arguments.Whole("--count", n, 1), 1_000_000) : 2000,
                parsed.GetValue(seed) is { } s ? Arguments.Seed("--seed", s) : 0,
                parsed.GetValue(bounds) is { } b ? Bounds(b) : null,
                parsed.GetValue(size) is { } p ? AtMost("--size", Arguments.Whole("--size", p, 160), 4096) : 480,
                parsed.GetValue(threads) is { } t ? Arguments.Whole("--threads", t, 1) : 0,
                where);
            where.Say(parsed.GetValue(asJson) ? parsed.InvocationConfiguration.Error : parsed.InvocationConfiguration.Output);
            FlowPicture picture = ModelFile.DtypeOf(request.Model) == "float" ? Picture<float>(request) : Picture<double>(request);
            picture.Write(path);
            double cell = (picture.Bounds.Right - picture.Bounds.Left) * (picture.Bounds.Top - picture.Bounds.Bottom) / picture.Density.Length;
            double mass = picture.Density.Sum() * cell;
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson))
            {
                stdout.WriteLine(JsonText.Object(json =>
                {
                    json.WriteString("model", request.Model);
                    json.WriteString("out", path);
                    json.WriteStartArray("bounds");
                    foreach (double v in (ReadOnlySpan<double>)[picture.Bounds.Left, picture.Bounds.Right, picture.Bounds.Bottom, picture.Bounds.Top]) json.WriteNumberValue(v);
                    json.WriteEndArray();
                    json.WriteNumber("lightest", picture.Ceiling);
                    json.WriteNumber("mass", mass);
                    json.WriteNumber("samples", request.Count);
                }));
            }
            else
            {
                (double left, double right, double bottom, double top) = picture.Bounds;
                stdout.WriteLine(FormattableString.Invariant($"{path}: density (lightest colour {picture.Ceiling:G4}), {request.Count} samples and the latent grid on [{left:G4}, {right:G4}] x [{bottom:G4}, {top:G4}], which holds {mass:P1} of the mass"));
            }

            return Program.Done;
        });
        return command;
    }

    private static FlowPicture Picture<T>(Request request) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Kernels.IBackend<T> backend = request.Device.Make<T>(request.Threads);
        using Flow<T> flow = ModelFile.Load(request.Model, backend);
        if (flow.Dimension != 2) throw new BadInputException($"{request.Model}: has {flow.Dimension} features; plot pictures models of two.");
        double[] samples = Array.ConvertAll(Sampling.Draw(flow, request.Count, request.Seed, InverseKind.Exact), double.CreateTruncating);
        (double Left, double Right, double Bottom, double Top) bounds = request.Bounds ?? Around(samples);
        return new FlowPicture(bounds, Density(flow, bounds, request.Size), request.Size, samples, GridLines(flow, request.Seed));
    }

    private static double[] Density<T>(Flow<T> flow, (double Left, double Right, double Bottom, double Top) bounds, int size) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var points = new T[2 * size * size];
        for (int i = 0; i < size * size; i++)
        {
            points[2 * i] = T.CreateTruncating(bounds.Left + (i % size + 0.5) / size * (bounds.Right - bounds.Left));
            points[2 * i + 1] = T.CreateTruncating(bounds.Top - (i / size + 0.5) / size * (bounds.Top - bounds.Bottom));
        }

        double[] density = Array.ConvertAll(flow.LogProb(points), v => Math.Exp(double.CreateTruncating(v)));
        int bad = Array.FindIndex(density, v => !double.IsFinite(v));
        if (bad >= 0) throw new NonFiniteException($"The density at ({points[2 * bad]}, {points[2 * bad + 1]}) is {density[bad]}: the model is badly conditioned there; choose other --bounds, or train it again with a lower learning rate.");
        return density;
    }

    private static List<double[]> GridLines<T>(Flow<T> flow, ulong seed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(flow.Backend, flow.Store) { RecordsGradients = false };
        var latents = new T[2 * 4000];
        tape.Read(flow.Base.Sample(tape, 4000, SeedMix.Of(seed, 1), 0), latents);
        double[] z = Array.ConvertAll(latents, double.CreateTruncating);
        (double Low, double High)[] reach = [Quantiles(z, 0), Quantiles(z, 1)];
        var lines = new List<double[]>();
        for (int axis = 0; axis < 2; axis++)
            for (int k = 0; k < Lines; k++)
            {
                var line = new T[2 * PointsOfLine];
                for (int i = 0; i < PointsOfLine; i++)
                {
                    line[2 * i + axis] = T.CreateTruncating(Between(reach[axis], k / (Lines - 1.0)));
                    line[2 * i + 1 - axis] = T.CreateTruncating(Between(reach[1 - axis], i / (PointsOfLine - 1.0)));
                }

                tape.Reset();
                var image = new T[line.Length];
                tape.Read(flow.Inverse(tape, tape.Input(line, PointsOfLine, 2), new StepContext()).Output, image);
                lines.Add(Array.ConvertAll(image, double.CreateTruncating));
            }

        return lines;
    }

    private static double Between((double Low, double High) range, double share) => range.Low + share * (range.High - range.Low);

    private static (double Low, double High) Quantiles(double[] points, int axis)
    {
        double[] values = [.. Enumerable.Range(0, points.Length / 2).Select(i => points[2 * i + axis]).Order()];
        int skip = (int)(Tail * values.Length);
        return (values[skip], values[^(1 + skip)]);
    }

    // A square around all but the farthest samples, a tenth wider: both axes to the same scale.
    private static (double, double, double, double) Around(double[] samples)
    {
        (double left, double right) = Quantiles(samples, 0);
        (double bottom, double top) = Quantiles(samples, 1);
        double half = 0.6 * Math.Max(right - left, top - bottom), x = 0.5 * (left + right), y = 0.5 * (bottom + top);
        if (!(half > 0)) half = 1;
        return (x - half, x + half, y - half, y + half);
    }

    private static (double, double, double, double)? Bounds(string list)
    {
        string[] items = list.Split(',');
        var v = new double[4];
        for (int i = 0; i < 4; i++)
            if (items.Length != 4 || !double.TryParse(items[i], NumberStyles.Float, CultureInfo.InvariantCulture, out v[i]) || !double.IsFinite(v[i]))
                throw new BadInputException($"--bounds {BadInputException.Quote(list)}: expected four numbers LEFT,RIGHT,BOTTOM,TOP, such as -3,3,-3,3.");
        return v[0] < v[1] && v[2] < v[3] ? (v[0], v[1], v[2], v[3]) : throw new BadInputException($"--bounds {BadInputException.Quote(list)}: LEFT must lie below RIGHT and BOTTOM below TOP.");
    }

    private static int AtMost(string option, int value, int most) => value <= most ? value : throw new BadInputException($"{option} {value}: expected at most {most}.");

    private sealed record Request(string Model, int Count, ulong Seed, (double, double, double, double)? Bounds, int Size, int Threads, DeviceChoice Device);
}
