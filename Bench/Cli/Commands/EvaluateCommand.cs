using System.CommandLine;
using System.Text.Json;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Latent;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow evaluate</c>.</summary>
internal static class EvaluateCommand
{
    private const int RoundTripRows = 1000;

    public static Command Create()
    {
        var options = new DataOptions("test");
        Option<bool> asJson = Arguments.Switch("--json", "print the result as JSON");
        Command command = new("evaluate", "Exact log-likelihood of data under a model: nats and bits per dimension with standard error, fixed dequantisation draws. Of latent-variable models: lower bounds.");
        Option<bool> roundTrip = Arguments.Switch("--round-trip", $"also map {RoundTripRows} rows, and as many samples, to the latent space and back, and print the largest error");
        options.AddTo(command);
        command.Add(roundTrip);
        command.Add(asJson);
        Option<string?> samples = Arguments.Text("--samples", $"latent models: samples K of the importance-weighted bound [{LatentPresets.Samples}]", "K");
        Option<bool> compatible = Arguments.Switch("--compat-bose2020", "latent models: also the estimate of Bose et al. 2020, which is no bound; only to reproduce published numbers");
        command.Add(samples);
        command.Add(compatible);
        command.SetAction(parsed =>
        {
            string model = parsed.GetRequiredValue(options.Model);
            DeviceChoice device = options.Device(parsed);
            TextWriter notes = parsed.GetValue(asJson) ? parsed.InvocationConfiguration.Error : parsed.InvocationConfiguration.Output;
            if (LatentModelFile.IsLatentModel(model))
            {
                if (parsed.GetValue(roundTrip)) throw new BadInputException($"--round-trip: {model} is a latent-variable model and no map to and back; leave the option out.");
                int k = parsed.GetValue(samples) is { } text ? Arguments.Whole("--samples", text, 1) : LatentPresets.Samples;
                device.Say(notes);
                LatentEvaluate.Run(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, model, options.OpenLatent(parsed), k, parsed.GetValue(compatible), device, options.Threads(parsed), parsed.GetValue(asJson));
                return Program.Done;
            }

            if (parsed.GetValue(samples) is not null || parsed.GetValue(compatible)) throw new BadInputException($"{(parsed.GetValue(compatible) ? "--compat-bose2020" : "--samples")}: belongs to latent-variable models, but {model} is a flow, whose likelihood is exact; leave the option out.");
            (Table table, string part, DataChoice? choice) = options.Open(parsed);
            double offset = table.Levels > 0 ? double.NaN : DataOptions.StandardizedOffset(model);
            device.Say(notes);
            double[] rows = DataOptions.PerRow(model, table, options.Draws(parsed), device, options.Threads(parsed));
            var result = LikelihoodEvaluation.Of(rows, table, options.Draws(parsed));
            DivergenceEstimate? excess = choice?.Set.Toy is { } truth ? DivergenceEstimate.Of(truth, table, rows) : null;
            (RoundTrip Data, RoundTrip Samples)? trips = parsed.GetValue(roundTrip) ? DataOptions.RoundTrips(model, table, RoundTripRows, device) : null;
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson))
            {
                stdout.WriteLine(JsonText.Object(json =>
                {
                    json.WriteString("model", model);
                    json.WriteString("data", table.Name);
                    json.WriteString("part", part);
                    TrainSummary.Likelihood(json, result, offset);
                    if (choice?.Set.Toy is { } known && excess is { } inJson) TrainSummary.Entropy(json, known, inJson);
                    choice?.Write(json);
                    if (trips is not { } both) return;
                    Write(json, "round_trip_data", both.Data);
                    Write(json, "round_trip_samples", both.Samples);
                }));
                return Program.Done;
            }

            if (choice?.Noise is not null) stdout.WriteLine(choice.Describe());
            string bits = table.Levels > 0 ? FormattableString.Invariant($", {result.BitsPerDim:F4} bits/dim") : "";
            stdout.WriteLine(FormattableString.Invariant($"{table.Name} ({part}, {result.Rows} rows): exact log-likelihood {result.Nats:F3} +- {result.StandardError:F3} nats{bits}, {result.Draws} {(result.Draws == 1 ? "draw" : "draws")}"));
            if (double.IsFinite(offset)) stdout.WriteLine(FormattableString.Invariant($"       {result.Nats + offset:F3} +- {result.StandardError:F3} nats in standardised units"));
            if (choice?.Set.Toy is { } toy && excess is { } inText) stdout.WriteLine(TrainSummary.Entropy(toy, result, inText));
            if (trips is { } two) stdout.WriteLine(FormattableString.Invariant($"       x to z and back, largest error in units of the data: {two.Data.Largest:G4} on {two.Data.Rows} rows, {two.Samples.Largest:G4} on {two.Samples.Rows} samples; not finite: {two.Data.NonFinite} and {two.Samples.NonFinite}"));
            return Program.Done;
        });
        return command;
    }

    private static void Write(Utf8JsonWriter json, string name, RoundTrip trip)
    {
        json.WriteStartObject(name);
        json.WriteNumber("rows", trip.Rows);
        // JSON has no infinity; the count of numbers that are not finite says it.
        if (double.IsFinite(trip.Largest)) json.WriteNumber("largest", trip.Largest);
        if (double.IsFinite(trip.RootMeanSquare)) json.WriteNumber("root_mean_square", trip.RootMeanSquare);
        json.WriteNumber("not_finite", trip.NonFinite);
        json.WriteEndObject();
    }
}
