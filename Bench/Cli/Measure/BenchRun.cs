using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>Finds the peers, measures row by row, and gathers the report.</summary>
internal static class BenchRun
{
    /// <summary>Settings of the runtime that change what is measured.</summary>
    private static readonly string[] RuntimeVariables = ["DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic", "DOTNET_TieredCompilation", "DOTNET_TieredPGO", "DOTNET_TC_QuickJitForLoops"];

    public static BenchReport Run(BenchSettings settings, BenchRace race, int core, bool withPeers, string? python, string command, TextWriter error, CancellationToken stop)
    {
        DateTimeOffset started = DateTimeOffset.UtcNow;
        double load = BenchMachine.LoadAverage();
        var progress = new BenchProgress(error);
        BenchMachine machine = BenchMachine.Read();
        List<string> notes = [];
        if (FmaPeak.Width < 512) notes.Add($"{FmaPeak.Width}-bit vectors: limits and goals are held against their peak");
        if (settings.Quick) notes.Add("quick: figures show that it works and are not to be kept");
        foreach (string variable in RuntimeVariables)
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value) notes.Add($"{variable}={value}");
        if (load > Environment.ProcessorCount) notes.Add("other programs were running: absolute figures are low, ratios hold within their spread");
        IReadOnlyList<TorchPeer> torch = [];
        // Pinned first: the processes started below inherit the core.
        using BenchCore pinned = settings.Threads > 1 ? BenchCore.Free("not pinned (several threads)") : BenchCore.Pin(core);
        try
        {
            if (withPeers)
            {
                progress.Say("looking for peers");
                (settings, torch) = FindPeers(settings, python, notes);
            }

            BenchPlan[] plans = [.. settings.Suites.SelectMany(s => Plans(s, settings)).Where(p => settings.Only is null || p.Key.Label.Contains(settings.Only, StringComparison.OrdinalIgnoreCase))];
            if (plans.Length == 0) throw new BadInputException($"bench: no row is left{(settings.Only is null ? "" : $" whose name contains {BadInputException.Quote(settings.Only)}")}; a name is like 'gemm NT 100x784x784 float'.");
            progress.Say("limits of the machine");
            IReadOnlyList<MachineRate> rates = settings.RowsOnly ? [] : MachineRates.Measure(machine, Math.Min(race.Rounds, 7), settings.Quick, stop);
            List<BenchRow> rows = [];
            for (int i = 0; i < plans.Length && !stop.IsCancellationRequested; i++)
            {
                progress.Row(i, plans.Length, plans[i].Key.Label);
                using BenchCase what = plans[i].Make();
                if (race.Run(what, stop, pinned) is { } row) rows.Add(row);
            }

            progress.Clear();
            return new BenchReport
            {
                Machine = machine,
                Command = command,
                Pinned = pinned.About,
                Clock = settings.Threads > 1 ? "wall clock" : BenchClock.Name,
                Started = started,
                LoadBefore = load,
                LoadAfter = BenchMachine.LoadAverage(),
                Peers =
                [
                    .. settings.Blas.Select(p => (p.Name, p.About)), .. torch.Select(p => (p.Name, p.About)),
                    .. settings.TensorPrimitives && settings.Suites.Contains("elementwise") ? [(PeerNames.TensorPrimitives, $"System.Numerics.Tensors {typeof(System.Numerics.Tensors.TensorPrimitives).Assembly.GetName().Version}")] : Array.Empty<(string, string)>(),
                ],
                Notes = notes,
                Rates = rates,
                Rows = rows,
                Stopped = rows.Count < plans.Length,
            };
        }
        finally
        {
            foreach (TorchPeer peer in torch) peer.Dispose();
        }
    }

    private static IEnumerable<BenchPlan> Plans(string suite, BenchSettings settings) => suite switch
    {
        "gemm" => GemmSuite.Plans(settings),
        "gemv" => GemvSuite.Plans(settings),
        "factor" => FactorSuite.Plans(settings),
        "elementwise" => ElementwiseSuite.Plans(settings),
        "spline" => SplineSuite.Plans(settings),
        "flows" => FlowSuite.Plans(settings),
        "conv" => ConvSuite.Plans(settings),
        _ => StepSuite.Plans(settings),
    };

    private static (BenchSettings Settings, IReadOnlyList<TorchPeer> Torch) FindPeers(BenchSettings settings, string? python, List<string> notes)
    {
        if (settings.Threads > 1) return (settings, []);
        IReadOnlyList<BlasPeer> blas = [];
        IReadOnlyList<TorchPeer> torch = [];
        if (settings.Suites.Any(s => s is "gemm" or "gemv" or "factor"))
        {
            (blas, IReadOnlyList<string> missing) = BlasPeers.Load();
            notes.AddRange(missing);
        }

        if (settings.Suites.Any(s => s is "step" or "spline"))
        {
            (torch, IReadOnlyList<string> missing) = TorchPeer.Load(python);
            notes.AddRange(missing);
        }

        return (settings with { Blas = blas, Torch = torch }, torch);
    }
}
