namespace NativeFlow.Cli;

/// <summary>One physical rate of the machine.</summary>
/// <param name="Name">What.</param>
/// <param name="Unit">GF/s or GB/s.</param>
/// <param name="Rate">Over the rounds.</param>
internal sealed record MachineRate(string Name, string Unit, Spread Rate);

/// <summary>Multiply-add rate of every width and type, and memory rates at four sizes, all read in turn.</summary>
internal static unsafe class MachineRates
{
    private const double ReadingBytes = 8e6;

    public static IReadOnlyList<MachineRate> Measure(BenchMachine machine, int rounds, bool quick, CancellationToken stop)
    {
        using var memory = new BenchMemory();
        List<(string Name, string Unit, Func<double> Rate)> readings = [];
        foreach (int width in (int[])[512, 256, 128])
        {
            if (width > FmaPeak.Width) continue;
            readings.Add(($"FMA float {width}-bit", "GF/s", () => FmaPeak.Now<float>(width)));
            readings.Add(($"FMA double {width}-bit", "GF/s", () => FmaPeak.Now<double>(width)));
        }

        foreach ((string place, long bytes) in Places(machine, quick))
        {
            nint n = (nint)(bytes / sizeof(float)) / (12 * StreamLoops.Step) * (12 * StreamLoops.Step), third = n / 3;
            int times = (int)Math.Max(1, ReadingBytes / bytes);
            float* p = memory.Normal<float>(n);
            string size = bytes >= 1 << 20 ? $"{bytes >> 20} MiB" : $"{bytes >> 10} KiB";
            readings.Add(($"{place} read, {size}", "GB/s", () => 4.0 * n * times / Math.Min(Time(times, () => StreamLoops.Read(p, n)), Time(times, () => StreamLoops.ReadFour(p, n)))));
            readings.Add(($"{place} triad, {size}", "GB/s", () => 12.0 * third * times / Time(times, () => StreamLoops.Triad(p, p + third, p + (2 * third), third))));
            readings.Add(($"{place} triad non-temporal, {size}", "GB/s", () => 12.0 * third * times / Time(times, () => StreamLoops.TriadNonTemporal(p, p + third, p + (2 * third), third))));
        }

        var rates = readings.Select(_ => new List<double>()).ToArray();
        foreach ((_, _, Func<double> rate) in readings) rate();
        for (int round = 0; round < rounds && !stop.IsCancellationRequested; round++)
            for (int i = 0; i < rates.Length; i++) rates[i].Add(readings[i].Rate() / 1e9);
        return rates[0].Count == 0 ? [] : [.. readings.Select((r, i) => new MachineRate(r.Name, r.Unit, Spread.Of(rates[i])))];
    }

    private static IEnumerable<(string Place, long Bytes)> Places(BenchMachine machine, bool quick)
    {
        yield return ("L1", machine.L1 / 2);
        yield return ("L2", machine.L2 / 2);
        if (machine.L3 > 0) yield return ("L3", Math.Clamp(machine.L3 / 2, 2 * machine.L2, 16 << 20));
        if (!quick) yield return ("DRAM", Math.Clamp(2 * machine.L3, 128 << 20, 768 << 20));
    }

    private static double Time(int times, Action body)
    {
        body();
        return BenchContender.Seconds(times, body);
    }
}
