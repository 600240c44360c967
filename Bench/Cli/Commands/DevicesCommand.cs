using System.CommandLine;
using NativeFlow.Cli.Devices;
using NativeFlow.Kernels;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow devices</c>.</summary>
internal static class DevicesCommand
{
    private const double Gibibyte = 1L << 30;

    public static Command Create()
    {
        Option<bool> asJson = Arguments.Switch("--json", "print as JSON");
        Command command = new("devices", "What --device can name: the CPU with its vector width and threads, GPUs with memory, multiprocessors and compute capability, or what is missing for them.") { asJson };
        command.SetAction(parsed =>
        {
            Write(GpuInventory.Read(), parsed.InvocationConfiguration.Output, parsed.GetValue(asJson));
            return Program.Done;
        });
        return command;
    }

    /// <summary>Lists the devices.</summary>
    internal static void Write(GpuInventory inventory, TextWriter writer, bool asJson)
    {
        int width = SimdBackend<float>.WidthInBits, threads = Environment.ProcessorCount;
        if (asJson)
        {
            writer.WriteLine(JsonText.Object(json =>
            {
                json.WriteStartObject("cpu");
                json.WriteNumber("vector_bits", width);
                json.WriteNumber("threads", threads);
                json.WriteEndObject();
                json.WriteStartArray("gpus");
                foreach (GpuDescription gpu in inventory.Gpus)
                {
                    json.WriteStartObject();
                    json.WriteNumber("index", gpu.Index);
                    json.WriteString("name", gpu.Name);
                    json.WriteNumber("memory_bytes", gpu.TotalBytes);
                    json.WriteNumber("free_bytes", gpu.FreeBytes);
                    json.WriteNumber("multiprocessors", gpu.Multiprocessors);
                    json.WriteString("compute_capability", gpu.ComputeCapability.ToString());
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                if (inventory.Missing is { } reason) json.WriteString("missing", reason);
            }));
            return;
        }

        var rows = new List<string[]> { new[] { "device", "what it is", "memory", "free", "multiprocessors", "capability" }, new[] { "cpu", $"{width}-bit vectors, {threads} {(threads == 1 ? "thread" : "threads")}" } };
        foreach (GpuDescription gpu in inventory.Gpus)
            rows.Add([$"gpu:{gpu.Index}", gpu.Name, FormattableString.Invariant($"{gpu.TotalBytes / Gibibyte:F1} GiB"), FormattableString.Invariant($"{gpu.FreeBytes / Gibibyte:F1} GiB"), $"{gpu.Multiprocessors}", gpu.ComputeCapability.ToString()]);
        rows.Add(["emulator", "the GPU's kernels on the CPU, one item at a time"]);
        // Without a GPU only the first two columns have anything in them.
        if (inventory.Gpus.Count == 0) rows[0] = rows[0][..2];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => c < r.Length ? r[c].Length : 0))];
        foreach (string[] row in rows) writer.WriteLine(string.Join("  ", row.Select((text, c) => text.PadRight(widths[c]))).TrimEnd());
        if (inventory.Missing is { } missing) writer.WriteLine($"no GPU: {missing}.");
    }
}
