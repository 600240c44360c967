using System.CommandLine;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow layers</c>.</summary>
internal static class LayersCommand
{
    public static Command Create()
    {
        Option<bool> asJson = Arguments.Switch("--json", "print as JSON");
        Command command = new("layers", "Every layer a recipe can name: cost in both directions, kind of its log-determinant, page.") { asJson };
        command.SetAction(parsed =>
        {
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(asJson)) stdout.WriteLine(Json());
            else Print(stdout);
            return Program.Done;
        });
        return command;
    }

    private static void Print(TextWriter stdout)
    {
        foreach (IGrouping<string, LayerInfo> room in LayerCatalog.All.GroupBy(l => l.Room))
        {
            string[][] cells = [Head(room.Key), .. room.Select(l => new[] { l.Kind, l.Forward, l.Inverse, l.LogDet, l.Page })];
            int[] widths = [.. Enumerable.Range(0, 5).Select(c => cells.Max(r => r[c].Length))];
            foreach (string[] row in cells)
                stdout.WriteLine(string.Join("  ", row.Select((text, c) => (text, c)).Where(t => widths[t.c] > 0).Select(t => t.text.PadRight(widths[t.c]))).TrimEnd());
            stdout.WriteLine();
        }

        stdout.WriteLine("Costs a sample: D features, K bins or components, N a pass of the network, E evaluations of a root finder or solver.");
    }

    private static string[] Head(string room) => room switch
    {
        "distributions" => ["distribution", "log-density", "draw", "", "page"],
        "conditioners" => ["conditioner", "cost", "", "", "page"],
        _ => [room[..^1], "forward", "inverse", "log-det", "page"],
    };

    private static string Json() => JsonText.Object(json =>
    {
        json.WriteStartArray("layers");
        foreach (LayerInfo l in LayerCatalog.All)
        {
            json.WriteStartObject();
            json.WriteString("room", l.Room);
            json.WriteString("kind", l.Kind);
            json.WriteString("forward", l.Forward);
            json.WriteString("inverse", l.Inverse);
            json.WriteString("log_det", l.LogDet);
            json.WriteString("page", l.Page);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
