using System.CommandLine;
using NativeFlow.Cli.Devices;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow score</c>.</summary>
internal static class ScoreCommand
{
    public static Command Create()
    {
        var options = new DataOptions(null);
        Option<string?> output = Arguments.Text("--out", "CSV file with one column log_prob: nats, one line a row", "FILE");
        output.Required = true;
        Option<bool> asJson = Arguments.Switch("--json", "print a summary as JSON");
        Command command = new("score", "Writes the exact log-density of every row (nats), for example to find outliers.");
        options.AddTo(command);
        command.Add(output);
        command.Add(asJson);
        command.SetAction(parsed =>
        {
            string model = parsed.GetRequiredValue(options.Model), path = parsed.GetValue(output)!;
            DeviceChoice device = options.Device(parsed);
            (Table table, string part, _) = options.Open(parsed);
            device.Say(parsed.GetValue(asJson) ? parsed.InvocationConfiguration.Error : parsed.InvocationConfiguration.Output);
            double[] scores = DataOptions.PerRow(model, table, options.Draws(parsed), device, options.Threads(parsed));
            CsvWriter.Write<double>(path, ["log_prob"], scores, 1);
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson))
            {
                stdout.WriteLine(JsonText.Object(json =>
                {
                    json.WriteString("model", model);
                    json.WriteString("data", table.Name);
                    json.WriteString("part", part);
                    json.WriteNumber("rows", scores.Length);
                    json.WriteNumber("mean", scores.Average());
                    json.WriteNumber("lowest", scores.Min());
                    json.WriteNumber("highest", scores.Max());
                    json.WriteString("out", path);
                }));
                return Program.Done;
            }

            stdout.WriteLine(FormattableString.Invariant($"{path}: {scores.Length} rows of {table.Name} ({part}), log-density in nats from {scores.Min():F3} to {scores.Max():F3}, mean {scores.Average():F3}"));
            return Program.Done;
        });
        return command;
    }
}
