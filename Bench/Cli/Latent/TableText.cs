using System.Globalization;
using System.Text;
using NativeFlow.Cli.Compare;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>A table as Markdown, and its runs as CSV.</summary>
internal static class TableText
{
    public static string Markdown(TableSettings settings, IReadOnlyList<TableRow> rows)
    {
        var text = new StringBuilder();
        int samples = rows.Select(r => r.Samples).DefaultIfEmpty(0).Max();
        text.Append(CultureInfo.InvariantCulture, $"# Latent-variable models on {Path.GetFileName(Path.TrimEndingDirectorySeparator(settings.Data))}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{rows.Count} runs of seeds {string.Join(", ", settings.Seeds)}{(settings.DataBySeed ? "; each seed draws a data set, the same for all models" : "")}. Test rows, nats; mean ± standard error over the runs.\n");
        string options = string.Join(", ", settings.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"--{o.Key} {o.Value}"));
        if (options.Length > 0) text.Append(CultureInfo.InvariantCulture, $"Options of every run: {options}.\n");
        text.Append(CultureInfo.InvariantCulture, $"\n`log p(x) ≥`: importance-weighted lower bound with K = {samples} samples{(settings.MoreSamples > 0 ? $" (and {settings.MoreSamples})" : "")}, all test rows. ELBO: lower bound, {LatentPresets.BoundDraws} draws. R: radius at the end.\n");
        text.Append("Published: test \"LL\" by the authors' estimator, which for hyperbolic models is no bound. Re-run: the authors' code at 3000 epochs, one data set and one or two seeds.\n\n");
        Honest(text, settings, rows, samples);
        Compatible(text, settings, rows, samples);
        Differences(text, settings, rows);
        Baselines(text, settings);
        return text.ToString();
    }

    public static string Csv(IReadOnlyList<TableRow> rows)
    {
        var text = new StringBuilder("data,model,latent,seed,bose2020_objective,epochs,samples,bound,bound_error,bound_more,elbo,bose2020_estimate,radius,seconds\n");
        foreach (TableRow r in rows)
            text.Append(CultureInfo.InvariantCulture, $"{r.Cell.Data},{r.Cell.Model},{r.Cell.Latent},{r.Cell.Seed},{(r.Cell.Compatible ? 1 : 0)},{r.Epochs},{r.Samples},{r.Bound},{r.BoundError},{r.More},{r.LowerBound},{r.Bose2020},{r.Radius},{r.Seconds}\n");
        return text.ToString();
    }

    private static void Honest(StringBuilder text, TableSettings settings, IReadOnlyList<TableRow> rows, int samples)
    {
        text.Append(CultureInfo.InvariantCulture, $"## The evidence lower bound as objective\n\n| model | n | runs | log p(x) ≥ (K = {samples}) |{(settings.MoreSamples > 0 ? $" (K = {settings.MoreSamples}) |" : "")} ELBO | R | seconds | published | re-run, right objective |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|---|---|---|{(settings.MoreSamples > 0 ? "---|" : "")}---|---|---|---|---|\n");
        foreach ((string model, int n) in Groups(settings))
        {
            TableRow[] group = [.. rows.Where(r => r.Cell.Model == model && r.Cell.Latent == n && !r.Cell.Compatible)];
            if (group.Length == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"| {model} | {n} | {Count(group)} | **{Mean(group, r => r.Bound, 2)}** |{(settings.MoreSamples > 0 ? $" {Mean(group, r => r.More, 2)} |" : "")} {Mean(group, r => r.LowerBound, 2)} | {Mean(group, r => r.Radius, 2)} | {Mean(group, r => r.Seconds, 1)} | {LatentPublished.Of(settings.Data, model, n)} | {LatentPublished.RerunOf(settings.Data, model, n)?.Correct} |\n");
        }
    }

    private static void Compatible(StringBuilder text, TableSettings settings, IReadOnlyList<TableRow> rows, int samples)
    {
        if (!rows.Any(r => r.Cell.Compatible)) return;
        text.Append(CultureInfo.InvariantCulture, $"\n## The authors' objective (--compat-bose2020)\n\nOnly to reproduce: the bose2020 estimate is no bound and no likelihood. Both estimates are of the same models with the same draws, K = {samples}.\n\n");
        text.Append("| model | n | runs | bose2020 estimate | log p(x) ≥ | R | seconds | published | re-run: estimate | re-run: bound | re-run: R (theirs; right objective) |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach ((string model, int n) in Groups(settings))
        {
            TableRow[] group = [.. rows.Where(r => r.Cell.Model == model && r.Cell.Latent == n && r.Cell.Compatible)];
            if (group.Length == 0) continue;
            LatentPublished.Rerun? rerun = LatentPublished.RerunOf(settings.Data, model, n);
            text.Append(CultureInfo.InvariantCulture, $"| {model} | {n} | {Count(group)} | **{Mean(group, r => r.Bose2020, 2)}** | {Mean(group, r => r.Bound, 2)} | {Mean(group, r => r.Radius, 2)} | {Mean(group, r => r.Seconds, 1)} | {LatentPublished.Of(settings.Data, model, n)} | {rerun?.Shipped} | {rerun?.ShippedBound} | {rerun?.Radius} |\n");
        }
    }

    private static void Differences(StringBuilder text, TableSettings settings, IReadOnlyList<TableRow> rows)
    {
        string first = settings.Models[0];
        if (settings.Models.Count < 2 || settings.Seeds.Count < 2) return;
        text.Append(CultureInfo.InvariantCulture, $"\n## Difference to {first}, seed by seed\n\nOf the lower bound under the evidence lower bound as objective: the luck of a data set cancels.\n\n| model |{string.Concat(settings.Latents.Select(n => $" n = {n} |"))}\n|---|{string.Concat(settings.Latents.Select(_ => "---|"))}\n");
        foreach (string model in settings.Models.Skip(1))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {model} |");
            foreach (int n in settings.Latents)
            {
                var pairs = settings.Seeds.Select(seed => Bound(model, n, seed) - Bound(first, n, seed));
                text.Append(CultureInfo.InvariantCulture, $" {Text(SeedSpread.Of(pairs), 3)} |");
            }

            text.Append('\n');
        }

        double? Bound(string model, int n, ulong seed) => rows.FirstOrDefault(r => r.Cell.Model == model && r.Cell.Latent == n && r.Cell.Seed == seed && !r.Cell.Compatible)?.Bound;
    }

    private static void Baselines(StringBuilder text, TableSettings settings)
    {
        if (!BranchingDiffusion.IsBranching(settings.Data)) return;
        var lines = new List<BranchingBaseline.Line>[settings.DataBySeed ? settings.Seeds.Count : 1];
        for (int i = 0; i < lines.Length; i++) lines[i] = [.. BranchingBaseline.Measure(BranchingDiffusion.Create(settings.DataBySeed ? FormattableString.Invariant($"{settings.Data}:{settings.Seeds[i]}") : settings.Data))];
        text.Append("\n## Exact baselines on the same data sets\n\n| for the likelihood N(x; f(z), I) | test log-likelihood |\n|---|---|\n");
        for (int b = 0; b < lines[0].Count; b++)
            text.Append(CultureInfo.InvariantCulture, $"| {lines[0][b].Name} | {Text(SeedSpread.Of(lines.Select(l => (double?)l[b].Nats)), 2)} |\n");
    }

    private static IEnumerable<(string Model, int Latent)> Groups(TableSettings settings) => settings.Latents.SelectMany(n => settings.Models.Select(m => (m, n)));

    private static string Count(TableRow[] group) => group.Count(r => r.Bound is null) is > 0 and int diverged ? $"{group.Length}, {diverged} diverged" : $"{group.Length}";

    private static string Mean(TableRow[] group, Func<TableRow, double?> value, int digits) => Text(SeedSpread.Of(group.Select(value)), digits);

    private static string Text(SeedSpread spread, int digits)
    {
        if (!spread.IsKnown) return "";
        string format = "F" + digits.ToString(CultureInfo.InvariantCulture), mean = spread.Mean.ToString(format, CultureInfo.InvariantCulture);
        return double.IsNaN(spread.Error) ? mean : $"{mean} ± {spread.Error.ToString(format, CultureInfo.InvariantCulture)}";
    }
}
