using System.Numerics;
using System.Text.Json;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>What is known of a model's likelihood on a table: two lower bounds, and where asked for the published estimate, which is none.</summary>
/// <param name="LowerBound">Evidence lower bound.</param>
/// <param name="Weighted">Importance-weighted bound.</param>
/// <param name="Bose2020">The authors' estimate with the same draws and its standard error; null where not asked for.</param>
internal sealed record LatentResult(EvidenceLowerBound LowerBound, ImportanceWeightedBound Weighted, (double Nats, double Error)? Bose2020)
{
    /// <summary>Measures a model. The draws are the same for every model of one latent dimension.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Rows as they come; cut at one half under a Bernoulli likelihood.</param>
    /// <param name="samples">K.</param>
    /// <param name="bose2020">Whether to add the authors' estimate.</param>
    /// <param name="progress">Told the done part; null for nobody.</param>
    /// <param name="cancel">Stops.</param>
    public static LatentResult Of<T>(LatentModel<T> model, Table table, int samples, bool bose2020, Action<double>? progress = null, CancellationToken cancel = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Table tested = LatentSettings.Tested(table, model.Options.Likelihood);
        EvidenceLowerBound bound = LatentEvaluation.LowerBound(model, tested, Math.Min(samples, LatentPresets.BoundDraws), Presets.EvaluationKey, cancel);
        double share = bose2020 ? 0.5 : 1;
        ImportanceWeightedBound weighted = LatentEvaluation.ImportanceWeighted(model, tested, samples, Presets.EvaluationKey, progress is null ? null : p => progress(p * share), cancel);
        if (!bose2020) return new LatentResult(bound, weighted, null);
        double[] rows = LatentEvaluation.LogMeanWeights(model, tested, samples, Presets.EvaluationKey, new Bose2020Estimator<T>(), progress is null ? null : p => progress(0.5 + (p * 0.5)), cancel);
        return new LatentResult(bound, weighted, LatentEvaluation.MeanAndError(rows));
    }

    /// <summary>Lines of a report.</summary>
    public IEnumerable<string> Lines()
    {
        yield return FormattableString.Invariant($"log p(x) >= {Weighted.Nats:F3} +- {Weighted.StandardError:F3} nats (lower bound, K = {Weighted.Samples} importance-weighted samples; {Weighted.Rows} rows)");
        yield return FormattableString.Invariant($"ELBO        {LowerBound.Nats:F3} +- {LowerBound.StandardError:F3} nats (lower bound, {LowerBound.Draws} draws): log p(x|w) {LowerBound.LogLikelihood:F3} - divergence {LowerBound.Divergence:F3}");
        if (Bose2020 is { } published) yield return FormattableString.Invariant($"{Bose2020Estimator<double>.Name} {published.Nats:F3} +- {published.Error:F3} nats (the authors' estimator, K = {Weighted.Samples}, same draws: no bound and no likelihood)");
    }

    /// <summary>The same as properties.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("importance_weighted_bound");
        json.WriteNumber("nats", Weighted.Nats);
        json.WriteNumber("standard_error", Weighted.StandardError);
        json.WriteNumber("samples", Weighted.Samples);
        json.WriteNumber("rows", Weighted.Rows);
        json.WriteString("is", $"lower bound, K = {Weighted.Samples}");
        json.WriteEndObject();
        json.WriteStartObject("evidence_lower_bound");
        json.WriteNumber("nats", LowerBound.Nats);
        json.WriteNumber("standard_error", LowerBound.StandardError);
        json.WriteNumber("log_likelihood_given_latent", LowerBound.LogLikelihood);
        json.WriteNumber("divergence", LowerBound.Divergence);
        json.WriteNumber("draws", LowerBound.Draws);
        json.WriteNumber("rows", LowerBound.Rows);
        json.WriteString("is", "lower bound");
        json.WriteEndObject();
        if (Bose2020 is not { } published) return;
        json.WriteStartObject("bose2020_estimate");
        json.WriteNumber("nats", published.Nats);
        json.WriteNumber("standard_error", published.Error);
        json.WriteNumber("samples", Weighted.Samples);
        json.WriteString("is", "the authors' estimator: no bound and no likelihood");
        json.WriteEndObject();
    }
}
