using NativeFlow.Layers;

namespace NativeFlow.Cli.Theory;

/// <summary>A value of the theory that log-likelihoods are held against.</summary>
/// <param name="Key">Its name in JSON.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Nats">The value.</param>
/// <param name="Meaning">What it is: never more than theory gives.</param>
internal sealed record TheoryLine(string Key, string Name, double Nats, string Meaning)
{
    public const string LinearOptimumKey = "linear_optimum";

    /// <summary>Whether it is a value on the test rows, and no other part is held against it.</summary>
    public bool TestOnly => Key == "gaussian_on_test";

    /// <summary>Those that the report has, in the order they are told.</summary>
    public static IReadOnlyList<TheoryLine> Of(LikelihoodReport report)
    {
        var lines = new List<TheoryLine>();
        Add(LinearOptimumKey, "linear-flow optimum", report.LinearOptimum, "exact for affine flows on the training rows; for others a floor there, no optimum");
        Add("linear_optimum_without_bias", "the same without a bias", report.LinearOptimumWithoutBias, "exact for z = W x on the training rows (auto-correlation)");
        Add("gaussian_on_test", "that Gaussian on the test rows", report.GaussianOnTest, "what generalises of it: the floor to beat on fresh rows");
        Add("constrained_optimum", "linear, within L and M", report.ConstrainedOptimum, Bounds(report.Options));
        Add("pointwise_ceiling", "pointwise ceiling of L", report.PointwiseCeiling, FormattableString.Invariant($"bound: no flow with Lipschitz constant {report.Options.Lipschitz:G4} is higher at any point"));
        Add("minus_entropy", "-H(p)", -report.Entropy, "ceiling of every model's expected log-likelihood, exact");
        Add("memorising_bound", "memorising bound", report.PointBound, "inferred: one Gaussian for each training row (see below)");
        return lines;

        void Add(string key, string name, double? nats, string meaning)
        {
            if (nats is { } value) lines.Add(new TheoryLine(key, name, value, meaning));
        }
    }

    private static string Bounds(TheoryOptions options)
    {
        string map = double.IsFinite(options.Lipschitz) ? FormattableString.Invariant($"L = {options.Lipschitz:G4}") : "L unbounded";
        string inverse = double.IsFinite(options.InverseLipschitz) ? FormattableString.Invariant($"M = {options.InverseLipschitz:G4}") : "M unbounded";
        return $"exact for affine flows with {map}, {inverse}; no bound for others";
    }
}
