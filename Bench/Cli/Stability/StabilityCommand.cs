using System.CommandLine;
using System.Text;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Stability;

/// <summary><c>nativeflow stability</c>.</summary>
internal static class StabilityCommand
{
    public static Command Create()
    {
        Option<bool> quick = Arguments.Switch("--quick", "a few steps of every arm, to see that it works; no numbers to keep");
        Option<string?> seed = Arguments.Text("--seed", "seed of data and networks [0]", "N");
        Option<string?> markdown = Arguments.Text("--markdown", "also write the report as Markdown", "FILE");
        Option<string?> html = Arguments.Text("--html", "also write the report as a page of its own", "FILE");
        Command command = new("stability", "How couplings train and stretch, by their scale (exp, sigmoid, tanh, half-sigmoid, additive), with and without a balance of expansion and contraction, at two learning rates: an ill-conditioned Gaussian and the checkerboard.")
        {
            quick, seed, markdown, html,
        };
        command.SetAction(parsed => Run(
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.GetValue(quick), parsed.GetValue(seed) is { } s ? Arguments.Seed("--seed", s) : 0,
            parsed.GetValue(markdown), parsed.GetValue(html)));
        return command;
    }

    /// <summary>Every arm of a set-up.</summary>
    public static IReadOnlyList<StabilityArm> Arms(StabilitySetup setup, bool quick)
    {
        var arms = new List<StabilityArm>();
        foreach (double rate in (double[])(quick ? [1e-2] : [1e-3, 1e-2]))
            foreach (StabilityBalance balance in Enum.GetValues<StabilityBalance>())
                foreach (StabilityScale scale in Enum.GetValues<StabilityScale>())
                {
                    // A coupling of one number that keeps volume has no scale left, and an additive one keeps it anyway.
                    if (balance == StabilityBalance.Volume && (!setup.HasVolume || scale == StabilityScale.Additive)) continue;
                    arms.Add(new StabilityArm(scale, balance, rate));
                }

        return arms;
    }

    private static int Run(TextWriter stdout, TextWriter stderr, bool quick, ulong seed, string? markdown, string? html)
    {
        StabilitySetup[] setups = quick
            ? [StabilitySetup.Gaussian(20, 300).Cheap(), StabilitySetup.Checkerboard(20, 300).Cheap()]
            : [StabilitySetup.Gaussian(1500, 10_000), StabilitySetup.Checkerboard(2000, 10_000)];
        // A path that cannot be written is refused now, not after the runs.
        using AtomicFile? markdownFile = markdown is null ? null : AtomicFile.Create(markdown), page = html is null ? null : AtomicFile.Create(html);
        using var stop = new StopSignal();
        var progress = new BenchProgress(stderr);
        int total = setups.Sum(s => Arms(s, quick).Count), done = 0;
        var parts = new List<(StabilitySetup, IReadOnlyList<StabilityResult>)>();
        foreach (StabilitySetup setup in setups)
        {
            var results = new List<StabilityResult>();
            foreach (StabilityArm arm in Arms(setup, quick))
            {
                progress.Row(done++, total, $"{setup.Name}: {arm.Label}");
                if (StabilityRun.Run(setup, arm, seed, stop.Token) is not { } result)
                {
                    progress.Clear();
                    stderr.WriteLine("nativeflow: stability: stopped; nothing was written.");
                    return Program.Failed;
                }

                results.Add(result);
            }

            parts.Add((setup, results));
        }

        progress.Clear();
        var table = new StabilityTable(Facts(setups[0], seed, quick), parts);
        string text = table.Markdown();
        stdout.Write(text);
        Finish(markdownFile, text);
        Finish(page, table.Html());
        return Program.Done;
    }

    private static void Finish(AtomicFile? file, string text)
    {
        if (file is null) return;
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }

    private static List<string> Facts(StabilitySetup setup, ulong seed, bool quick)
    {
        BenchMachine machine = BenchMachine.Read();
        List<string> facts =
        [
            FormattableString.Invariant($"`nativeflow stability{(quick ? " --quick" : "")}{(seed == 0 ? "" : $" --seed {seed}")}`; {machine.Cpu}, one thread, float, {machine.Runtime}; one run an arm, seed {seed}: orders of magnitude, no ranking of near values."),
            "Adam without clipping. A step whose loss or gradient is not finite is counted and skipped, never repaired: where it cannot be left any more, every later step is one. A spike is a loss more than 20 nats over the median of the hundred before.",
            "Balance `none`: ActNorm with free scales after every coupling. `bounded + penalty`: diagonals within e^-2 and e^2 there, and the finite-difference penalty (1e-4, eps 0.1, every 10 steps). `volume`: couplings that keep volume, one ActNorm, first. Additive couplings have bounded diagonals in every arm.",
            FormattableString.Invariant($"Stretch in double from singular values of the Jacobian at {setup.JacobianPoints} points; points where they do not come out in double have no number, are counted beside cond (far: Lip f), and the largest are over the others. Round trips in float over all points, the largest |error| (far: of the points that come back finite)."),
            FormattableString.Invariant($"Near: round trips in float around {setup.AttackRows} test rows, within 0.05 standard deviations of the test rows' features in the largest coordinate, in these standard deviations: at {setup.AttackSteps} random points of every ball, and at the points of {setup.AttackSteps} sign-gradient steps, each 1/32 of the radius, that maximise the error from a random start. The largest finite error, and how many of the {setup.AttackRows * setup.AttackSteps} points do not come back finite (random and attacked)."),
        ];
        if (quick) facts.Insert(1, "Quick: far too few steps for any conclusion.");
        return facts;
    }
}
