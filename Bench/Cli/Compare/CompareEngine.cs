using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Cli.Compare;

/// <summary>
/// Trains every strategy on every cell and seed. The strategies of one cell and seed take turns of about a second, in an order that moves on by one each round,
/// so that what disturbs the machine disturbs all alike.
/// </summary>
internal sealed class CompareEngine<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double SliceSeconds = 1;

    private readonly CompareSettings _settings;
    private readonly IReadOnlyList<CompareCell> _cells;
    private readonly IReadOnlyList<StrategyArm> _arms;
    private readonly CompareFolder? _folder;
    private readonly CompareProgressLine _progress;
    private readonly StopSignal _stop;
    private readonly DeviceChoice _device;
    private readonly int _threads;
    private readonly double _checkpointSeconds;
    private readonly List<CompareRecord> _records;

    /// <summary>Makes the engine.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="cells">Data and models.</param>
    /// <param name="folder">Where results and checkpoints go; null for nowhere.</param>
    /// <param name="done">Runs that are finished.</param>
    /// <param name="progress">Where to say how far it is.</param>
    /// <param name="stop">Ctrl-C.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="threads">Threads of a step.</param>
    /// <param name="checkpointSeconds">Seconds between two checkpoints of the runs under way.</param>
    public CompareEngine(
        CompareSettings settings, IReadOnlyList<CompareCell> cells, CompareFolder? folder, IEnumerable<CompareRecord> done,
        CompareProgressLine progress, StopSignal stop, DeviceChoice device, int threads, double checkpointSeconds)
    {
        (_settings, _cells, _folder, _progress, _stop, _device, _threads, _checkpointSeconds) = (settings, cells, folder, progress, stop, device, threads, checkpointSeconds);
        _arms = settings.Arms;
        _records = [.. done];
    }

    /// <summary>Finished runs in the order of the plan: data, features, seed, strategy.</summary>
    public IReadOnlyList<CompareRecord> Records
        => [.. from cell in _cells from seed in _settings.Seeds from arm in _arms let record = Find(cell, seed, arm) where record is not null select record];

    /// <summary>Runs that the plan has.</summary>
    public int Planned => _cells.Count * _settings.Seeds.Length * _arms.Count;

    /// <summary>Makes every run that is not done; false when stopped on the way.</summary>
    public bool Run()
    {
        foreach (CompareCell cell in _cells)
            foreach (ulong seed in _settings.Seeds)
            {
                if (_arms.All(a => Find(cell, seed, a) is not null)) continue;
                if (!(_settings.Cost ? Cost(cell, seed) : Train(cell, seed))) return false;
            }

        return true;
    }

    private CompareRecord? Find(CompareCell cell, ulong seed, StrategyArm arm)
        => _records.Find(r => r.Data == cell.Data.Label && r.Dimension == cell.Dimension && r.Seed == seed && r.Strategy == arm.Label);

    private bool Train(CompareCell cell, ulong seed)
    {
        using IBackend<T> backend = _device.Make<T>(_threads);
        var runs = new List<(int Arm, CompareRun<T> Run)>();
        try
        {
            for (int i = 0; i < _arms.Count; i++)
            {
                if (Find(cell, seed, _arms[i]) is not null) continue;
                var run = new CompareRun<T>(_settings, cell, _arms[i], seed, backend, _threads);
                runs.Add((i, run));
                if (_folder?.Checkpoint(cell.Index, seed, i) is { } path && File.Exists(path)) run.Load(path);
                run.WarmUp();
            }

            return TakeTurns(cell, seed, runs);
        }
        finally
        {
            foreach ((_, CompareRun<T> run) in runs) run.Dispose();
        }
    }

    private bool TakeTurns(CompareCell cell, ulong seed, List<(int Arm, CompareRun<T> Run)> runs)
    {
        double saved = BenchClock.Wall, cost = 0;
        for (int round = 0; runs.Count > 0; round++)
        {
            var turns = runs.ToArray();
            for (int i = 0; i < turns.Length; i++)
            {
                (int arm, CompareRun<T> run) = turns[(i + round) % turns.Length];
                _progress.Say(Describe(cell, seed, run), (_records.Count + runs.Sum(r => r.Run.Fraction)) / Planned);
                try
                {
                    run.Slice(SliceSeconds, _stop.Token);
                }
                catch (OperationCanceledException)
                {
                    // Stopped while looking at the likelihood, which comes again after resuming.
                }

                if (run.Record is { } record)
                {
                    Keep(record);
                    if (_folder is not null) File.Delete(_folder.Checkpoint(cell.Index, seed, arm));
                    runs.RemoveAll(r => r.Run == run);
                    run.Dispose();
                }

                bool stopped = _stop.IsRequested && runs.Count > 0;
                if (_folder is not null && (stopped || BenchClock.Wall - saved > Math.Max(_checkpointSeconds, 20 * cost)))
                {
                    double start = BenchClock.Wall;
                    foreach ((int a, CompareRun<T> r) in runs) r.Save(_folder.Checkpoint(cell.Index, seed, a));
                    saved = BenchClock.Wall;
                    cost = saved - start;
                }

                if (stopped) return false;
            }
        }

        return !_stop.IsRequested || Records.Count == Planned;
    }

    private bool Cost(CompareCell cell, ulong seed)
    {
        var cost = new CompareCost<T>(_settings, cell, seed, _device, _threads);
        IReadOnlyList<CompareRecord>? measured = cost.Measure(
            [.. _arms.Where(a => Find(cell, seed, a) is null)], (what, share) => _progress.Say(what, (_records.Count + (share * _arms.Count)) / Planned), () => _stop.IsRequested);
        if (measured is null) return false;
        foreach (CompareRecord record in measured) Keep(record);
        return true;
    }

    private void Keep(CompareRecord record)
    {
        _records.Add(record);
        _folder?.Append(record);
        _progress.Done(record);
    }

    private static string Describe(CompareCell cell, ulong seed, CompareRun<T> run)
        => FormattableString.Invariant($"{cell.Data.Label} D {cell.Dimension} seed {seed}  {run.Arm.Label} {100 * run.Fraction:F0} %{(double.IsNaN(run.LastNll) ? "" : FormattableString.Invariant($" NLL {run.LastNll:F2}"))}");
}
