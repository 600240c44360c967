using System.CommandLine;
using System.Globalization;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow baseline</c>.</summary>
internal static class BaselineCommand
{
    private const string DefaultComponents = "2,3,4,6,8,12,16,24,32";
    private const string DefaultRidges = "1e-6,1e-3,1e-2";

    // Standardised columns that are sums of others leave a covariance without an inverse but for rounding.
    private const double SmallestRidge = 1e-9;

    public static Command Create()
    {
        Argument<string?> data = new("DATA") { Description = "data as for train --data, continuous", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> named = Arguments.Text("--data", "the same as DATA", "NAME|PATH");
        Option<string?> columns = Arguments.Text("--columns", "columns to use [all]", "LIST");
        Option<string?> split = Arguments.Text("--split", "file that divides the rows into train, validation and test", "FILE");
        Option<string?> dequantize = Arguments.Text("--dequantize", DataChoice.DequantizeHelp, "columns[:SEED]");
        Option<string?> components = Arguments.Text("--components", $"numbers of components to try; the validation rows choose [{DefaultComponents}]", "LIST");
        Option<string?> ridges = Arguments.Text("--ridge", $"what is added to the variances of the mixtures' components; the validation rows choose [{DefaultRidges}]", "LIST");
        Option<string?> seed = Arguments.Text("--seed", "seed of the k-means++ start [0]", "N");
        Option<bool> asJson = Arguments.Switch("--json", "print the result as JSON");
        Command command = new("baseline", "What a flow must beat: a diagonal and a full Gaussian and full-covariance Gaussian mixtures on the same rows, noise and standardisation as train --standardize; test NLL in nats with standard error. Of bdp: exact baselines of unit variance.")
        {
            data, named, columns, split, dequantize, components, ridges, seed, asJson,
        };
        command.SetAction(parsed =>
        {
            int[] counts = Components(parsed.GetValue(components) ?? DefaultComponents);
            double[] added = [.. (parsed.GetValue(ridges) ?? DefaultRidges).Split(',').Select(r => Arguments.Number("--ridge", r, zero: true))];
            ulong start = parsed.GetValue(seed) is { } s ? Arguments.Seed("--seed", s) : 0;
            string name = (parsed.GetValue(data), parsed.GetValue(named)) switch
            {
                ({ } one, null) => one,
                (null, { } one) => one,
                (null, null) => throw new BadInputException("baseline: no data given; name them, such as baseline bdp."),
                _ => throw new BadInputException("--data: the data are given twice; leave one out."),
            };
            if (BranchingDiffusion.IsBranching(name))
            {
                foreach (Option<string?> option in (ReadOnlySpan<Option<string?>>)[columns, split, dequantize, components, ridges, seed])
                    if (parsed.GetValue(option) is not null) throw new BadInputException($"{option.Name}: {name} has exact baselines that take no options; leave it out.");
                Latent.BranchingBaseline.Report(parsed.InvocationConfiguration.Output, BranchingDiffusion.Create(name), parsed.GetValue(asJson));
                return Program.Done;
            }

            DataChoice choice = DataChoice.Open(name, parsed.GetValue(columns), parsed.GetValue(split), parsed.GetValue(dequantize));
            if (choice.Set.Levels > 0) throw new BadInputException($"{choice.Set.Name}: has {choice.Set.Levels} integer levels; baseline takes continuous data, or tables of rounded numbers with --dequantize columns.");
            Report(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, choice, counts, added, start, parsed.GetValue(asJson));
            return Program.Done;
        });
        return command;
    }

    private static void Report(TextWriter stdout, TextWriter stderr, DataChoice choice, int[] counts, double[] ridges, ulong seed, bool json)
    {
        DataSet set = choice.Set;
        int d = set.Train.Columns;
        (double[] mean, double[] deviation) = ModelBuilder.Statistics(set.Train, 0);
        for (int i = 0; i < d; i++)
            if (!(deviation[i] > 0) || !double.IsFinite(deviation[i])) throw new BadInputException($"baseline: column {i} of {set.Name} has the same value {mean[i]:R} in all training rows and cannot be standardised; leave it out with --columns.");
        double[] train = Standardized(set.Train, mean, deviation), validation = Standardized(set.Validation, mean, deviation), test = Standardized(set.Test, mean, deviation);
        double offset = deviation.Sum(Math.Log);

        // Standardised by the training rows, the diagonal Gaussian is the standard normal.
        var lines = new List<Line> { Line.Of("diagonal Gaussian", 1, 2 * d, d, row => -0.5 * (d * Math.Log(2 * Math.PI) + SquaredLength(row)), train, validation, test) };
        GaussianMixtureFit full = GaussianMixtureFit.Fit(train, d, 1, seed, SmallestRidge);
        lines.Add(Line.Of("full Gaussian", 1, full.ParameterCount, d, row => full.LogDensity(row), train, validation, test));
        var progress = new BenchProgress(stderr);
        int fits = 0;
        foreach (int k in counts)
        {
            if (k > set.Train.Rows) throw new BadInputException($"--components {k}: {set.Name} has {set.Train.Rows} training rows; give at most that many components.");
            Line? chosen = null;
            foreach (double ridge in ridges)
            {
                progress.Row(fits++, counts.Length * ridges.Length, FormattableString.Invariant($"mixture of {k}, ridge {ridge}"));
                GaussianMixtureFit fit = GaussianMixtureFit.Fit(train, d, k, seed, ridge);
                Line line = Line.Of("Gaussian mixture", k, fit.ParameterCount, d, row => fit.LogDensity(row), train, validation, test) with { Ridge = ridge };
                if (chosen is null || line.Validation < chosen.Validation) chosen = line;
            }

            lines.Add(chosen!);
        }

        progress.Clear();

        Line best = lines.Skip(2).MinBy(l => l.Validation)!;
        double? entropy = set.Toy?.Entropy - offset;
        if (json)
        {
            stdout.WriteLine(JsonText.Object(w =>
            {
                w.WriteString("data", set.Name);
                w.WriteNumber("dimension", d);
                w.WriteStartObject("rows");
                w.WriteNumber("train", set.Train.Rows);
                w.WriteNumber("validation", set.Validation.Rows);
                w.WriteNumber("test", set.Test.Rows);
                w.WriteEndObject();
                w.WriteString("units", "nats, standardised by the training rows");
                w.WriteNumber("nats_to_standardized", offset);
                if (entropy is { } h) w.WriteNumber("entropy", h);
                choice.Write(w);
                w.WriteNumber("seed", seed);
                w.WriteStartArray("models");
                foreach (Line l in lines)
                {
                    w.WriteStartObject();
                    w.WriteString("model", l.Model);
                    w.WriteNumber("components", l.Components);
                    w.WriteNumber("ridge", l.Ridge);
                    w.WriteNumber("parameters", l.Parameters);
                    w.WriteNumber("train_nll", l.Train);
                    w.WriteNumber("validation_nll", l.Validation);
                    w.WriteNumber("test_nll", l.Test);
                    w.WriteNumber("standard_error", l.Error);
                    w.WriteBoolean("chosen", l == best);
                    w.WriteEndObject();
                }

                w.WriteEndArray();
            }));
            return;
        }

        stdout.WriteLine($"data   {set.Name}: {set.Train.Rows} train, {set.Validation.Rows} validation, {set.Test.Rows} test rows x {d}, standardised by the training rows");
        if (choice.Noise is not null) stdout.WriteLine(choice.Describe());
        stdout.WriteLine($"{"model",-18} {"components",10} {"ridge",7} {"parameters",10} {"train NLL",10} {"valid. NLL",10} {"test NLL",10} {"+- s.e.",8}");
        foreach (Line l in lines)
            stdout.WriteLine(FormattableString.Invariant($"{l.Model,-18} {l.Components,10} {(l.Components > 1 ? l.Ridge.ToString("0e0", CultureInfo.InvariantCulture) : ""),7} {l.Parameters,10} {l.Train,10:F3} {l.Validation,10:F3} {l.Test,10:F3} {l.Error,8:F3}{(l == best ? "  < by validation" : "")}"));
        if (best.Components == counts.Max()) stdout.WriteLine("note   the most components were chosen; --components with more may fit better still");
        stdout.WriteLine(FormattableString.Invariant($"nats in standardised units; in original ones the NLL is higher by {offset:F3}{(entropy is { } known ? FormattableString.Invariant($"; the density's own entropy is {known:F4}") : "")}"));
    }

    private static int[] Components(string list)
    {
        string[] items = list.Split(',');
        var counts = new int[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            if (!int.TryParse(items[i], NumberStyles.None, CultureInfo.InvariantCulture, out counts[i]) || counts[i] < 2)
                throw new BadInputException($"--components {BadInputException.Quote(list)}: {BadInputException.Quote(items[i])} is no number of components; expected whole numbers from 2 on, such as {DefaultComponents}.");
            if (Array.IndexOf(counts, counts[i]) < i) throw new BadInputException($"--components {BadInputException.Quote(list)}: {counts[i]} is there twice; leave one.");
        }

        return counts;
    }

    private static double[] Standardized(Table table, double[] mean, double[] deviation)
    {
        int d = table.Columns;
        var x = new double[table.Rows * d];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, x.AsSpan(r * d, d));
            for (int i = 0; i < d; i++) x[r * d + i] = (x[r * d + i] - mean[i]) / deviation[i];
        }

        return x;
    }

    private static double SquaredLength(ReadOnlySpan<double> row)
    {
        double sum = 0;
        foreach (double v in row) sum += v * v;
        return sum;
    }

    private delegate double LogDensity(ReadOnlySpan<double> row);

    private sealed record Line(string Model, int Components, int Parameters, double Train, double Validation, double Test, double Error)
    {
        public double Ridge { get; init; }

        public static Line Of(string model, int components, int parameters, int dimension, LogDensity density, double[] train, double[] validation, double[] test)
        {
            (double t, _) = Mean(train, dimension, density);
            (double v, _) = Mean(validation, dimension, density);
            (double nll, double error) = Mean(test, dimension, density);
            return new Line(model, components, parameters, t, v, nll, error);
        }

        private static (double Nll, double Error) Mean(double[] x, int dimension, LogDensity density)
        {
            int rows = x.Length / dimension;
            var nll = new double[rows];
            for (int r = 0; r < rows; r++) nll[r] = -density(x.AsSpan(r * dimension, dimension));
            double mean = nll.Average(), variance = nll.Sum(v => (v - mean) * (v - mean)) / Math.Max(1, rows - 1);
            return (mean, Math.Sqrt(variance / rows));
        }
    }
}
