using System.Runtime;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Cli;

/// <summary>Runs the contenders of a case in turn, round after round, with a reading of the limit before and after each.</summary>
/// <param name="Rounds">Rounds wanted.</param>
/// <param name="BurstSeconds">Least time of one contender's turn.</param>
/// <param name="WarmSeconds">Least time of calls before anything is timed; 0 does not wait for code to become hot.</param>
/// <param name="CaseSeconds">After this long, five rounds are enough.</param>
internal sealed record BenchRace(int Rounds, double BurstSeconds, double WarmSeconds, double CaseSeconds)
{
    private const int FewestRounds = 5;
    private const int MostRepetitions = 1_000_000;

    /// <summary>Calls after which the runtime replaces its first, quick code.</summary>
    private const int CallsToGetHot = 40;

    private const int MostCycles = 12;

    /// <summary>Measures one case; null when stopped before the first round was complete.</summary>
    /// <param name="what">The case.</param>
    /// <param name="stop">Ends the race after the round.</param>
    /// <param name="core">The core that the thread is tied to; let loose for the warm-up.</param>
    public BenchRow? Run(BenchCase what, CancellationToken stop, BenchCore? core = null)
    {
        IReadOnlyList<BenchContender> contenders = what.Contenders;
        core?.Loosen();
        Warm(what);
        core?.Tighten();
        var repetitions = new int[contenders.Count];
        for (int i = 0; i < repetitions.Length; i++)
        {
            double one = contenders[i].Time(1);
            repetitions[i] = (int)Math.Clamp(BurstSeconds / Math.Max(one, 1e-9), what.LeastCalls, MostRepetitions);
        }

        List<double>[] seconds = Lists(contenders.Count), floors = Lists(contenders.Count);
        List<double> clocks = [];
        double begun = BenchClock.Wall;
        int round = 0;
        for (; round < Rounds && (round < FewestRounds || BenchClock.Wall - begun < CaseSeconds); round++)
        {
            double floorBefore = what.Floor?.Invoke() ?? double.NaN, clockBefore = ClockGHz();
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                // Everyone stands once in every place.
                int i = (turn + round) % contenders.Count;
                if (stop.IsCancellationRequested) break;
                // What the others left in the caches is not this one's to pay for.
                contenders[i].Time(1);
                double time = contenders[i].Time(repetitions[i]) / repetitions[i];
                double clock = ClockGHz(), floor = what.Floor?.Invoke() ?? double.NaN;
                seconds[i].Add(time);
                floors[i].Add((floorBefore + floor) / 2);
                if (i == 0) clocks.Add((clockBefore + clock) / 2);
                (floorBefore, clockBefore) = (floor, clock);
            }

            if (stop.IsCancellationRequested) break;
        }

        if (round == 0) return null;
        var entries = new BenchEntry[contenders.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            int at = i;
            entries[i] = new BenchEntry(
                contenders[i].Name, Spread.Of(seconds[i].Take(round)),
                what.Floor is null ? null : Spread.Of(Enumerable.Range(0, round).Select(r => floors[at][r] / seconds[at][r])),
                Spread.Of(Enumerable.Range(0, round).Select(r => seconds[at][r] / seconds[0][r])));
        }

        return new BenchRow(what.Key, what.Work, round, repetitions[0], what.Floor is null ? null : Spread.Of(floors[0].Take(round)), Spread.Of(clocks.Take(round)), entries, BenchMachine.LoadAverage(), what.BytesAllocated);
    }

    /// <summary>
    /// From the multiply-add loop, at two a cycle, or one where the machine has no such instruction. What slows the loop (a busy sibling
    /// thread of the core, a lower clock under wide vectors) slows the functions measured beside it in the same way.
    /// </summary>
    private static double ClockGHz()
    {
        double perCycle = Fma.IsSupported || AdvSimd.IsSupported || Vector512.IsHardwareAccelerated ? 2 : 1;
        return FmaPeak.Now<float>(FmaPeak.Width, 20_000) / (2 * perCycle * FmaPeak.Width / 32) / 1e9;
    }

    // Calls until no new code comes and nobody gets faster. Quick code is replaced in the background, some 100 ms after the last new method
    // was seen, and only when a core is free for it: asleep, with a second wait in case the machine is busy.
    private void Warm(BenchCase what)
    {
        _ = ClockGHz();
        _ = what.Floor?.Invoke();
        double[] best = [.. what.Contenders.Select(_ => double.PositiveInfinity)];
        for (int cycle = 0, calm = 0; WarmSeconds > 0 && cycle < MostCycles && calm < 2; cycle++)
        {
            long before = JitInfo.GetCompiledMethodCount();
            bool faster = false;
            for (int i = 0; i < best.Length; i++)
            {
                if (!what.Contenders[i].Here) continue;
                double fastest = Fastest(what.Contenders[i]);
                faster |= fastest < 0.8 * best[i];
                best[i] = Math.Min(best[i], fastest);
            }

            Thread.Sleep(180);
            bool quiet = JitInfo.GetCompiledMethodCount() == before;
            calm = quiet && !faster ? calm + 1 : 0;
        }

        foreach (BenchContender contender in what.Contenders.Where(c => !c.Here)) contender.Time(1);
    }

    // Of enough calls for the runtime to notice them.
    private double Fastest(BenchContender contender)
    {
        double begun = BenchClock.Wall, most = Math.Max(10 * WarmSeconds, 0.3), fastest = double.PositiveInfinity;
        for (int call = 0; ; call++)
        {
            double spent = BenchClock.Wall - begun;
            if (call > 0 && (spent > most || (call >= CallsToGetHot && spent > WarmSeconds))) return fastest;
            fastest = Math.Min(fastest, contender.Time(1));
        }
    }

    private static List<double>[] Lists(int count) => [.. Enumerable.Range(0, count).Select(_ => new List<double>())];
}
