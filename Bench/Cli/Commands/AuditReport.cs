using System.Globalization;
using System.Text.Json;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary>What <c>nativeflow audit</c> prints.</summary>
internal sealed record AuditReport(string Model, string Data, int Draws, ulong Key, Flow<double> Flow, FlowAudit Audit, BijectorAudit? Bijector, AttackReport? Attack)
{
    public bool Failed => Audit.Failed || Bijector is { Failed: true };

    private IEnumerable<LayerAudit> Shown => Audit.Layers.Where(l => !l.IsPlain);

    public void Print(TextWriter writer)
    {
        writer.WriteLine($"audit  {Model}: {Audit.Rows} rows x {Audit.Dimension} of {Data}, up to {Draws} draws, key {Key}, in double");
        var table = new List<string[]> { new[] { "layer", "kind (strategy)", "value", "bias", "+- s.e.", "sd", "by formula", "gradient", "cosine", "scale", "error", "noise", "ms", "exact ms", "MiB", "exact MiB" } };
        foreach (LayerAudit l in Shown) AddRows(table, l);
        if (Audit is { Whole: { } whole, Layers.Count: > 1 }) AddRows(table, whole);
        if (table.Count > 1) PrintTable(writer, table);
        LayerAudit[] plain = [.. Audit.Layers.Where(l => l.IsPlain)];
        if (plain.Length > 0) writer.WriteLine($"{plain.Length} {(plain.Length == 1 ? "layer is" : "layers are")} exact in training too: {string.Join(", ", plain.GroupBy(l => l.Kind).Select(g => g.Count() == 1 ? g.Key : $"{g.Key} x{g.Count()}"))}");
        writer.WriteLine();
        foreach (AuditFinding f in Audit.Findings) Say(writer, f, "");
        foreach (LayerAudit l in Audit.Layers)
        {
            string whose = $"{l.Name} {l.Kind}{(l.Strategy.Length > 0 ? $" ({l.Strategy})" : "")}: ";
            foreach (AuditFinding f in l.Findings.Where(f => f.Level != AuditLevel.Note)) Say(writer, f, whose);
            // Many matrices in one layer have the same to say; the table has their numbers.
            AuditFinding[] notes = [.. l.Findings.Where(f => f.Level == AuditLevel.Note)];
            if (notes.Length > 0) Say(writer, notes.Length == 1 ? notes[0] : notes[0] with { Text = $"{notes[0].Text}; {notes.Length - 1} more like it" }, whose);
        }

        if (Audit is { Whole: { } all, Layers.Count: > 1 })
            foreach (AuditFinding f in all.Findings) Say(writer, f, "flow: ");
        if (Bijector is { } b)
        {
            writer.WriteLine($"as a bijector, {b.Points} points, in evaluation:");
            foreach (string line in b.ToString().Split('\n')) writer.WriteLine($"  {line}");
        }

        if (Attack is { } a)
        {
            writer.WriteLine(FormattableString.Invariant($"attack {a.Rows} rows, {a.Steps} steps within 0.05 sd: largest round-trip error {a.Before:G3} sd at the rows, {a.Random:G3} at random points, {a.Attacked:G3} attacked: x{a.Ratio:F1}; not finite: {a.NonFiniteBefore}, {a.NonFiniteRandom}, {a.NonFiniteAttacked}"));
        }

        int failures = Audit.Layers.Concat(Audit is { Whole: { } w, Layers.Count: > 1 } ? [w] : []).Sum(l => l.Findings.Count(f => f.Level == AuditLevel.Failure)) + (Bijector?.Checks.Count(c => c.Passed == false) ?? 0);
        string verdict = failures > 0 ? failures == 1 ? "FAIL: 1 thing is not what it declares to be" : $"FAIL: {failures} things are not what they declare to be" : Audit.IsComplete ? "pass: everything is what it declares to be" : "stopped: what was looked at is what it declares to be";
        writer.WriteLine(verdict);
    }

    public string Json() => JsonText.Object(json =>
    {
        json.WriteString("model", Model);
        json.WriteString("data", Data);
        json.WriteNumber("rows", Audit.Rows);
        json.WriteNumber("dimension", Audit.Dimension);
        json.WriteNumber("draws", Draws);
        json.WriteNumber("key", Key);
        json.WriteBoolean("complete", Audit.IsComplete);
        json.WriteBoolean("failed", Failed);
        Findings(json, Audit.Findings);
        json.WriteStartArray("layers");
        foreach (LayerAudit l in Audit.Layers) Write(json, null, l);
        json.WriteEndArray();
        if (Audit.Whole is { } whole) Write(json, "whole", whole);
        if (Bijector is { } b)
        {
            json.WriteStartArray("bijector");
            foreach (AuditCheck c in b.Checks)
            {
                json.WriteStartObject();
                json.WriteString("check", c.Name);
                if (c.Passed is { } passed) json.WriteBoolean("passed", passed);
                else json.WriteNull("passed");
                Number(json, "measured", c.Measured);
                Number(json, "allowed", c.Allowed);
                json.WriteString("text", c.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (Attack is not { } a) return;
        json.WriteStartObject("attack");
        json.WriteNumber("rows", a.Rows);
        json.WriteNumber("steps", a.Steps);
        Number(json, "before", a.Before);
        Number(json, "random", a.Random);
        Number(json, "attacked", a.Attacked);
        Number(json, "ratio", a.Ratio);
        json.WriteNumber("not_finite_before", a.NonFiniteBefore);
        json.WriteNumber("not_finite_random", a.NonFiniteRandom);
        json.WriteNumber("not_finite_attacked", a.NonFiniteAttacked);
        json.WriteEndObject();
    });

    private static void AddRows(List<string[]> table, LayerAudit l)
    {
        ValueAudit v = l.Value;
        bool none = v.Kind == ValueKind.None;
        string formula = double.IsNaN(v.FormulaVariance) ? "" : double.IsInfinity(v.FormulaVariance) ? "infinite" : G(Math.Sqrt(v.FormulaVariance));
        table.Add([
            l.Name, l.Strategy.Length > 0 ? $"{l.Kind} ({l.Strategy})" : l.Kind == "flow" ? "all in training" : l.Kind, v.Kind.ToString(), none ? "" : G(v.Bias), none || !l.Varies ? "" : G(v.StandardError), none || !l.Varies ? "" : G(Math.Sqrt(v.Variance)), formula,
            .. Gradient(l.Parameters, l.GradientKind), F(l.Cost.TrainMilliseconds), F(l.Cost.ExactMilliseconds), F(l.Cost.TrainBytes / 1048576.0), F(l.Cost.ExactBytes / 1048576.0),
        ]);
        if (l.GradientKind is GradientKind.Exact or GradientKind.Unbiased && l.Sites.Count < 2) return;
        foreach (GradientAudit site in l.Sites) table.Add(["", "  " + site.Name, "", "", "", "", "", .. Gradient(site, site.Kind), "", "", "", ""]);
    }

    private static string[] Gradient(GradientAudit? g, GradientKind kind)
        => g is null ? [kind.ToString(), "", "", "", ""] : [kind.ToString(), g.Cosine.ToString("F4", CultureInfo.InvariantCulture), g.Scale.ToString("F3", CultureInfo.InvariantCulture), G(double.IsNaN(g.PreconditionedError) ? g.RelativeError : g.PreconditionedError), g.Noise == 0 ? "" : G(g.Noise)];

    private static void PrintTable(TextWriter writer, List<string[]> table)
    {
        int[] widths = [.. Enumerable.Range(0, table[0].Length).Select(c => table.Max(r => r[c].Length))];
        bool[] used = [.. Enumerable.Range(0, table[0].Length).Select(c => table.Skip(1).Any(r => r[c].Length > 0))];
        foreach (string[] row in table)
        {
            IEnumerable<string> cells = row.Select((text, c) => (text, c)).Where(t => used[t.c]).Select(t => t.c is 0 or 1 or 2 or 7 ? t.text.PadRight(widths[t.c]) : t.text.PadLeft(widths[t.c]));
            writer.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }

    private static void Say(TextWriter writer, AuditFinding f, string whose)
        => writer.WriteLine($"{f.Level switch { AuditLevel.Failure => "FAIL   ", AuditLevel.Warning => "warning", _ => "note   " }} {whose}{f.Text}");

    private static void Write(Utf8JsonWriter json, string? name, LayerAudit l)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("name", l.Name);
        json.WriteString("kind", l.Kind);
        if (l.Strategy.Length > 0) json.WriteString("strategy", l.Strategy);
        json.WriteNumber("draws", l.Draws);
        json.WriteBoolean("varies", l.Varies);
        Number(json, "map_difference", l.MapDifference);
        json.WriteStartObject("value");
        json.WriteString("kind", l.Value.Kind.ToString());
        Number(json, "exact", l.Value.Exact);
        Number(json, "mean", l.Value.Mean);
        Number(json, "bias", l.Value.Bias);
        Number(json, "standard_error", l.Value.StandardError);
        Number(json, "variance", l.Value.Variance);
        Number(json, "second_moment", l.Value.SecondMoment);
        Number(json, "formula_mean", l.Value.FormulaMean);
        Number(json, "formula_variance", l.Value.FormulaVariance);
        Number(json, "formula_second_moment", l.Value.FormulaSecondMoment);
        if (double.IsPositiveInfinity(l.Value.FormulaVariance)) json.WriteBoolean("infinite_variance", true);
        json.WriteEndObject();
        if (l.Parameters is { } p) Write(json, "gradient", p);
        if (l.Input is { } i) Write(json, "input_gradient", i);
        json.WriteStartArray("sites");
        foreach (GradientAudit site in l.Sites) Write(json, null, site);
        json.WriteEndArray();
        json.WriteStartObject("cost");
        Number(json, "train_ms", l.Cost.TrainMilliseconds);
        Number(json, "exact_ms", l.Cost.ExactMilliseconds);
        json.WriteNumber("train_nodes", l.Cost.TrainNodes);
        json.WriteNumber("exact_nodes", l.Cost.ExactNodes);
        json.WriteNumber("train_bytes", l.Cost.TrainBytes);
        json.WriteNumber("exact_bytes", l.Cost.ExactBytes);
        json.WriteEndObject();
        Findings(json, l.Findings);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string? name, GradientAudit g)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("of", g.Name);
        json.WriteString("kind", g.Kind.ToString());
        json.WriteNumber("count", g.Count);
        Number(json, "exact_norm", g.ExactNorm);
        Number(json, "cosine", g.Cosine);
        Number(json, "scale", g.Scale);
        Number(json, "relative_error", g.RelativeError);
        Number(json, "relative_variance", g.Variance);
        Number(json, "noise", g.Noise);
        Number(json, "bias_in_standard_errors", g.BiasInErrors);
        Number(json, "preconditioned_error", g.PreconditionedError);
        Number(json, "penalty_share", g.PenaltyShare);
        json.WriteEndObject();
    }

    private static void Findings(Utf8JsonWriter json, IReadOnlyList<AuditFinding> findings)
    {
        json.WriteStartArray("findings");
        foreach (AuditFinding f in findings)
        {
            json.WriteStartObject();
            json.WriteString("level", f.Level.ToString());
            json.WriteString("text", f.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // JSON has no infinity and no NaN: a number that is neither known nor finite is left out.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
    }

    private static string G(double value) => value == 0 ? "0" : value.ToString("G3", CultureInfo.InvariantCulture);

    private static string F(double value) => value.ToString(value < 10 ? "F2" : "F0", CultureInfo.InvariantCulture);
}
