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
            (Table table, string part) = options.Open(parsed);
            LikelihoodEvaluation result = LikelihoodEvaluation.Of(DataOptions.PerRow(model, table, options.Draws(parsed), options.Threads(parsed)), table, options.Draws(parsed));
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson))
            {
                stdout.WriteLine(JsonText.Object(json =>
                {
                    json.WriteString("model", model);
                    json.WriteString("data", table.Name);
                    json.WriteString("part", part);
                    TrainSummary.Likelihood(json, result);
                }));
                return Program.Done;
            }

            string bits = table.Levels > 0 ? FormattableString.Invariant($", {result.BitsPerDim:F4} bits/dim") : "";
            stdout.WriteLine(FormattableString.Invariant($"{table.Name} ({part}, {result.Rows} rows): exact log-likelihood {result.Nats:F3} +- {result.StandardError:F3} nats{bits}, {result.Draws} {(result.Draws == 1 ? "draw" : "draws")}"));
            return Program.Done;
        });
        return command;
    }
}
