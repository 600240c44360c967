using System.Text.Json;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Theory;

/// <summary>The result of <c>nativeflow theory</c> as JSON: numbers that do not exist are left out.</summary>
internal static class TheoryJson
{
    public static string Of(TheoryRun run) => JsonText.Object(json =>
    {
        LikelihoodReport report = run.Report;
        DataMoments moments = report.Moments;
        json.WriteString("data", run.Choice.Set.Name);
        json.WriteString("units", "nats per sample of the continuous data on its own scale, integers dequantised by U[0, 1)");
        json.WriteNumber("rows", moments.Rows);
        json.WriteNumber("dimension", moments.Dimension);
        json.WriteNumber("levels", moments.Levels);
        json.WriteNumber("rank", moments.Rank);
        json.WriteNumber("eigenvalue_floor", report.Floor);
        run.Choice.Write(json);
        if (report.Refusal is { } refusal) json.WriteString("refused", refusal);
        Value(json, report, "linear_optimum", report.LinearOptimum, "optimum of affine flows on the training rows; floor of flows that contain them there");
        Value(json, report, "linear_optimum_without_bias", report.LinearOptimumWithoutBias, "the same for maps without a bias");
        Value(json, report, "gaussian_on_test", report.GaussianOnTest, "the Gaussian of linear_optimum on the test rows");
        Value(json, report, "minus_entropy", -report.Entropy, "ceiling of every model's expected log-likelihood");
        Value(json, report, "constrained_optimum", report.ConstrainedOptimum, "optimum of affine flows within the Lipschitz bounds on the training rows");
        Value(json, report, "pointwise_ceiling", report.PointwiseCeiling, "no flow within the Lipschitz bound on the map has a higher log-density at any point");
        Value(json, report, "memorising_bound", report.PointBound, "inferred; one Gaussian for each training row, no bound on what generalises");
        Number(json, "volume_floor", report.VolumeFloor);
        Number(json, "volume_exact", report.ExactVolume);
        Number(json, "lipschitz_floor", report.LipschitzFloor);
        if (double.IsFinite(report.Options.Lipschitz)) json.WriteNumber("lipschitz", report.Options.Lipschitz);
        if (double.IsFinite(report.Options.InverseLipschitz)) json.WriteNumber("inverse_lipschitz", report.Options.InverseLipschitz);
        Array(json, "ppca", [.. report.PpcaCurve]);
        Array(json, "mean", moments.Mean);
        Array(json, "covariance_eigenvalues", moments.CovarianceSpectrum);
        Array(json, "auto_correlation_eigenvalues", moments.AutoCorrelationSpectrum);
        if (run.Flow is not { } flow) return;
        json.WriteStartObject("flow");
        json.WriteString("model", run.Model);
        Part(json, report, "train", flow.Train);
        if (flow.Test is not null) Part(json, report, "test", flow.Test);
        json.WriteStartArray("linear_layers");
        foreach (LinearStationarity one in flow.Linear)
        {
            json.WriteStartObject();
            json.WriteNumber("layer", one.Layer);
            json.WriteString("kind", one.Kind);
            json.WriteString("strategy", one.Strategy);
            json.WriteNumber("residual", one.Residual);
            json.WriteNumber("residual_sampling", one.Sampling);
            Number(json, "residual_learned", one.LearnedResidual);
            Number(json, "inverse_error", one.InverseError);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("unmeasured_layers", flow.Unmeasured);
        json.WriteEndObject();
    });

    private static void Part(Utf8JsonWriter json, LikelihoodReport report, string name, TrainedFlowPart part)
    {
        json.WriteStartObject(name);
        TrainSummary.Likelihood(json, part.Likelihood);
        json.WriteStartObject("above");
        foreach (TheoryLine line in TheoryLine.Of(report).Where(l => !l.TestOnly || name == "test")) json.WriteNumber(line.Key, part.Likelihood.Nats - line.Nats);
        json.WriteEndObject();
        if (part.Latent is { } latent)
        {
            json.WriteNumber("latent_energy", latent.Energy);
            json.WriteNumber("latent_energy_standard_error", latent.EnergyStandardError);
            json.WriteNumber("latent_mean", latent.Mean);
            json.WriteNumber("latent_mean_sampling", latent.MeanSampling);
            json.WriteNumber("latent_departure", latent.Departure);
            json.WriteNumber("latent_departure_sampling", latent.DepartureSampling);
            json.WriteNumber("latent_largest_eigenvalue", latent.Largest);
            json.WriteNumber("latent_smallest_eigenvalue", latent.Smallest);
        }

        json.WriteNumber("volume", part.Volume);
        json.WriteNumber("volume_standard_error", part.VolumeStandardError);
        json.WriteStartArray("layers");
        foreach (LayerVolume layer in part.Layers)
        {
            json.WriteStartObject();
            json.WriteNumber("layer", layer.Layer);
            json.WriteString("kind", layer.Kind);
            json.WriteNumber("log_det_mean", layer.Mean);
            json.WriteNumber("log_det_deviation", layer.Deviation);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter json, LikelihoodReport report, string name, double? nats, string meaning)
    {
        if (nats is not { } value) return;
        json.WriteStartObject(name);
        json.WriteNumber("nats", value);
        json.WriteNumber("bits_per_dim", report.BitsPerDim(value));
        json.WriteString("is", meaning);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    private static void Array(Utf8JsonWriter json, string name, ReadOnlySpan<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
