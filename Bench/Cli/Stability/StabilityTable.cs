using System.Globalization;
using System.Net;
using System.Text;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Stability;

/// <summary>The report: a heading, what was run, and a table a set-up; as Markdown or as a page of its own.</summary>
internal sealed class StabilityTable(IReadOnlyList<string> facts, IReadOnlyList<(StabilitySetup Setup, IReadOnlyList<StabilityResult> Results)> parts)
{
    private static readonly string[] s_columns =
    [
        "lr", "scale", "balance", "LL* - LL", "non-finite steps", "spikes", "max gradient", "Lip f", "Lip f^-1", "cond", "round trip",
        "near: random", "near: attack", "near: non-finite", "far: Lip f", "far: round trip", "far: non-finite",
    ];

    public string Markdown()
    {
        var text = new StringBuilder("# Stability of couplings by scale and balance\n\n");
        foreach (string fact in facts) text.Append(fact).Append('\n');
        foreach ((StabilitySetup setup, IReadOnlyList<StabilityResult> results) in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {Heading(setup)}\n\n{Caption(setup)}\n\n| {string.Join(" | ", s_columns)} |\n|{string.Concat(Enumerable.Repeat("---|", s_columns.Length))}\n");
            foreach (StabilityResult r in results) text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Cells(r))} |\n");
        }

        return text.ToString();
    }

    public string Html()
    {
        var text = new StringBuilder("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Stability of couplings</title>
            <style>body{font:15px sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:3px 8px;text-align:right}td:nth-child(2),td:nth-child(3){text-align:left}</style></head><body>
            <h1>Stability of couplings by scale and balance</h1>

            """);
        foreach (string fact in facts) text.Append(CultureInfo.InvariantCulture, $"<p>{WebUtility.HtmlEncode(fact)}</p>\n");
        foreach ((StabilitySetup setup, IReadOnlyList<StabilityResult> results) in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"<h2>{WebUtility.HtmlEncode(Heading(setup))}</h2>\n<p>{WebUtility.HtmlEncode(Caption(setup))}</p>\n<table><tr>");
            foreach (string column in s_columns) text.Append(CultureInfo.InvariantCulture, $"<th>{WebUtility.HtmlEncode(column)}</th>");
            text.Append("</tr>\n");
            foreach (StabilityResult r in results) text.Append(CultureInfo.InvariantCulture, $"<tr>{string.Concat(Cells(r).Select(c => $"<td>{WebUtility.HtmlEncode(c)}</td>"))}</tr>\n");
            text.Append("</table>\n");
        }

        return text.Append("</body></html>\n").ToString();
    }

    private static string Heading(StabilitySetup setup) => setup.Name;

    private static string Caption(StabilitySetup setup)
        => FormattableString.Invariant($"{setup.Couplings} couplings, networks {string.Join(" x ", setup.Hidden)}, {setup.Steps} steps of {setup.Batch} fresh rows; {setup.TestRows} test rows; LL* = {setup.Best:F4} nats; far points: {setup.Far}.");

    private static string[] Cells(StabilityResult r) =>
    [
        r.Arm.Rate.ToString("0e-0", CultureInfo.InvariantCulture), r.Arm.ScaleName, r.Arm.BalanceName, FormattableString.Invariant($"{Nats(r.Gap)} +- {Nats(r.GapError)}"),
        Whole(r.NonFiniteSteps), Whole(r.Spikes), Short(r.MostGradient), Of(r.Stretch, r.Stretch.Forward), Of(r.Stretch, r.Stretch.Inverse), Counted(r.Stretch, r.Stretch.Condition), Short(r.RoundTrip),
        Error(r.Attack, r.Attack.Random, r.Attack.NonFiniteRandom), Error(r.Attack, r.Attack.Attacked, r.Attack.NonFiniteAttacked), NonFinite(r.Attack),
        Counted(r.FarStretch, r.FarStretch.Forward), r.FarNonFinite == r.FarPoints ? "none" : Short(r.FarRoundTrip),
        r.FarNonFinite == 0 ? "0" : $"{Whole(r.FarNonFinite)} / {Whole(r.FarPoints)}",
    ];

    private static string Of(StabilityStretch stretch, double value) => stretch.NoNumber == stretch.Points ? "none" : Short(value);

    // Points whose singular values do not come out are counted beside the largest of the others.
    private static string Counted(StabilityStretch stretch, double value)
        => stretch.NoNumber == 0 ? Short(value) : FormattableString.Invariant($"{Of(stretch, value)}; no number at {stretch.NoNumber} / {stretch.Points}");

    private static string Error(AttackReport attack, double value, long nonFinite) => nonFinite == (long)attack.Rows * attack.Steps ? "none" : Short(value);

    private static string NonFinite(AttackReport attack)
        => attack.NonFiniteRandom + attack.NonFiniteAttacked == 0 ? "0" : FormattableString.Invariant($"{attack.NonFiniteRandom} and {attack.NonFiniteAttacked} / {attack.Rows * attack.Steps}");

    private static string Nats(double v) => double.IsFinite(v) && Math.Abs(v) < 1e4 ? v.ToString("F3", CultureInfo.InvariantCulture) : Short(v);

    private static string Whole(int v) => v.ToString(CultureInfo.InvariantCulture);

    private static string Short(double v)
        => double.IsNaN(v) ? "NaN" : double.IsInfinity(v) ? "inf" : v is >= 0.01 and < 1000 ? v.ToString("G3", CultureInfo.InvariantCulture) : v.ToString("0.0e0", CultureInfo.InvariantCulture);
}
