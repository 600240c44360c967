using NativeFlow.Cli.Stability;
using Xunit;

namespace NativeFlow.Tests;

/// <summary><c>nativeflow stability</c>: its densities are what they say, every arm runs, what is not finite is counted, and bad input is refused.</summary>
public sealed class StabilityTests
{
    [Fact]
    public void The_truth_is_the_truth()
    {
        StabilitySetup gaussian = StabilitySetup.Gaussian(1, 4000), board = StabilitySetup.Checkerboard(1, 100);
        Assert.Equal(32.559, gaussian.Best, 5e-4);
        Assert.Equal(-Math.Log(32), board.Best, 1e-15);
        // E log p is the best log-likelihood; log p has standard deviation sqrt(D/2).
        double[] x = gaussian.Test(3);
        double mean = Enumerable.Range(0, 4000).Average(r => gaussian.LogDensity(x.AsSpan(r * 16, 16)));
        Assert.Equal(gaussian.Best, mean, 4 * Math.Sqrt(8.0 / 4000));
        Assert.Equal(board.Best, board.LogDensity(board.Test(3).AsSpan(0, 2)), 1e-15);
        Assert.Equal(20_000, board.FarPoints([]).Length);
        Assert.Equal(20, board.FarPoints([]).Max());
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Every_arm_runs_and_two_runs_are_one()
    {
        foreach (StabilitySetup setup in (StabilitySetup[])[StabilitySetup.Gaussian(3, 60), StabilitySetup.Checkerboard(3, 60)])
            foreach (StabilityArm arm in StabilityCommand.Arms(setup, quick: true))
            {
                StabilityResult? first = StabilityRun.Run(setup, arm, 1, CancellationToken.None);
                Assert.NotNull(first);
                if (arm.Scale == StabilityScale.Tanh) Assert.Equal(first, StabilityRun.Run(setup, arm, 1, CancellationToken.None));
                if (arm.Scale is StabilityScale.Exp or StabilityScale.Sigmoid) continue;
                Assert.Equal(0, first.NonFiniteSteps);
                Assert.Equal(0, first.FarNonFinite);
                Assert.InRange(first.RoundTrip, 0, 1e-3);
                Assert.InRange(first.Condition, 1, 1e6);
                Assert.True(first.Gap > 0, $"{arm.Label}: gap {first.Gap}");
            }
    }

    [Fact]
    public void Steps_that_are_not_finite_are_counted()
    {
        // At this rate the networks of the unbounded scale blow up within a few steps, whatever the machine.
        StabilitySetup setup = StabilitySetup.Gaussian(12, 60);
        StabilityResult? wild = StabilityRun.Run(setup, new StabilityArm(StabilityScale.Exp, StabilityBalance.Bounded, 1), 0, CancellationToken.None);
        Assert.InRange(wild!.NonFiniteSteps, 5, 12);
        Assert.False(double.IsFinite(wild.Gap));
    }

    [Fact]
    public void A_stop_is_heard()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Null(StabilityRun.Run(StabilitySetup.Checkerboard(5, 20), new StabilityArm(StabilityScale.Tanh, StabilityBalance.None, 1e-3), 0, stop.Token));
    }

    [Fact]
    public void The_tables_hold_every_arm()
    {
        StabilitySetup setup = StabilitySetup.Checkerboard(2, 40);
        StabilityArm arm = new(StabilityScale.HalfSigmoid, StabilityBalance.None, 1e-3);
        StabilityResult result = StabilityRun.Run(setup, arm, 0, CancellationToken.None)! with { FarNonFinite = 7, MostGradient = 6e17 };
        var table = new StabilityTable(["a <fact>"], [(setup, [result])]);
        string markdown = table.Markdown(), html = table.Html();
        Assert.Contains("| 1e-3 | half-sigmoid | none |", markdown, StringComparison.Ordinal);
        Assert.Contains("| 7 / 10000 |", markdown, StringComparison.Ordinal);
        Assert.Contains("6.0e17", markdown, StringComparison.Ordinal);
        Assert.Contains("a &lt;fact&gt;", html, StringComparison.Ordinal);
        string[] lines = [.. markdown.Split('\n').Where(l => l.StartsWith('|'))];
        Assert.Single(lines.Select(l => l.Count(c => c == '|')).Distinct());
    }

    [Fact]
    public void Bad_input_is_refused_before_anything_runs()
    {
        CommandLine.RefuseInput(["stability", "--markdown", "/no/such/folder/report.md"], "/no/such/folder");
        CommandLine.RefuseInput(["stability", "--seed", "-1"], "--seed");
        CommandLine.RefuseInput(["stability", "--arms"], "--arms");
    }
}
