using System.Globalization;
using System.Runtime.InteropServices;

namespace NativeFlow.Cli;

/// <summary>The machine by name.</summary>
internal sealed record BenchMachine(string Cpu, int Cores, string System, string Runtime, long L1, long L2, long L3, bool CachesKnown)
{
    public static BenchMachine Read()
    {
        long l1 = Cache("1", "Data"), l2 = Cache("2", "Unified"), l3 = Cache("3", "Unified");
        bool known = l1 > 0 && l2 > 0;
        return new BenchMachine(
            CpuName(), Environment.ProcessorCount, $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}", RuntimeInformation.FrameworkDescription,
            l1 > 0 ? l1 : 32 << 10, l2 > 0 ? l2 : 1 << 20, l3 > 0 ? l3 : known ? 0 : 16 << 20, known);
    }

    /// <summary>Of the last minute; NaN where the system does not say.</summary>
    public static double LoadAverage()
    {
        const string Source = "/proc/loadavg";
        return File.Exists(Source) && double.TryParse(File.ReadAllText(Source).Split(' ')[0], CultureInfo.InvariantCulture, out double load) ? load : double.NaN;
    }

    private static string CpuName()
    {
        const string Source = "/proc/cpuinfo";
        string? line = File.Exists(Source) ? File.ReadLines(Source).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static long Cache(string level, string type)
    {
        const string Root = "/sys/devices/system/cpu/cpu0/cache";
        if (!Directory.Exists(Root)) return 0;
        foreach (string folder in Directory.GetDirectories(Root, "index*"))
        {
            if (Text(folder, "level") != level || Text(folder, "type") != type) continue;
            string size = Text(folder, "size");
            if (long.TryParse(size.TrimEnd('K', 'M'), CultureInfo.InvariantCulture, out long value)) return value << (size.EndsWith('M') ? 20 : 10);
        }

        return 0;
    }

    private static string Text(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }
}
