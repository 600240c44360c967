using System.CommandLine;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow evaluate</c>.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var options = new DataOptions("test");
        Option<bool> asJson = Arguments.Switch("--json", "print the result as JSON");
        Command command = new("evaluate", "Exact log-likelihood of data under a model: nats and bits per dimension with standard error, fixed dequantisation draws.");
        options.AddTo(command);
        command.Add(asJson);
        command.SetAction(parsed =>
        {
            string model = parsed.GetRequiredValue(options.Model);
            (Table table, string part, DataChoice? choice) = options.Open(parsed);
            double offset = table.Levels > 0 ? double.NaN : DataOptions.StandardizedOffset(model);
            double[] rows = DataOptions.PerRow(model, table, options.Draws(parsed), options.Threads(parsed));
            var result = LikelihoodEvaluation.Of(rows, table, options.Draws(parsed));
            DivergenceEstimate? excess = choice?.Set.Toy is { } truth ? DivergenceEstimate.Of(truth, table, rows) : null;
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
                }));
                return Program.Done;
            }

            if (choice?.Noise is not null) stdout.WriteLine(choice.Describe());
            string bits = table.Levels > 0 ? FormattableString.Invariant($", {result.BitsPerDim:F4} bits/dim") : "";
            stdout.WriteLine(FormattableString.Invariant($"{table.Name} ({part}, {result.Rows} rows): exact log-likelihood {result.Nats:F3} +- {result.StandardError:F3} nats{bits}, {result.Draws} {(result.Draws == 1 ? "draw" : "draws")}"));
            if (double.IsFinite(offset)) stdout.WriteLine(FormattableString.Invariant($"       {result.Nats + offset:F3} +- {result.StandardError:F3} nats in standardised units"));
            if (choice?.Set.Toy is { } toy && excess is { } inText) stdout.WriteLine(TrainSummary.Entropy(toy, result, inText));
            return Program.Done;
        });
        return command;
    }
}
