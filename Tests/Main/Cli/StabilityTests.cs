using NativeFlow.Cli.Stability;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
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
        foreach (StabilitySetup setup in (StabilitySetup[])[StabilitySetup.Gaussian(3, 60).Cheap(), StabilitySetup.Checkerboard(3, 60).Cheap()])
            foreach (StabilityArm arm in StabilityCommand.Arms(setup, quick: true))
            {
                StabilityResult? first = StabilityRun.Run(setup, arm, 1, CancellationToken.None);
                Assert.NotNull(first);
                if (arm is { Scale: StabilityScale.Tanh, Balance: StabilityBalance.None }) Assert.Equal(first, StabilityRun.Run(setup, arm, 1, CancellationToken.None));
                if (arm.Scale is StabilityScale.Exp or StabilityScale.Sigmoid) continue;
                Assert.Equal(0, first.NonFiniteSteps);
                Assert.Equal(0, first.FarNonFinite);
                Assert.InRange(first.RoundTrip, 0, 1e-3);
                Assert.InRange(first.Stretch.Condition, 1, 1e6);
                Assert.Equal((4, 10), (first.Attack.Rows, first.Attack.Steps));
                Assert.Equal((0L, 0L), (first.Attack.NonFiniteRandom, first.Attack.NonFiniteAttacked));
                Assert.InRange(first.Attack.Random, 1e-9, 1e-3);
                Assert.InRange(first.Attack.Attacked, 1e-9, 1e-3);
                Assert.True(first.Gap > 0, $"{arm.Label}: gap {first.Gap}");
            }
    }

    [Fact]
    public void Steps_that_are_not_finite_are_counted()
    {
        // At this rate the networks of the unbounded scale blow up within a few steps, whatever the machine.
        StabilitySetup setup = StabilitySetup.Gaussian(12, 60).Cheap();
        StabilityResult? wild = StabilityRun.Run(setup, new StabilityArm(StabilityScale.Exp, StabilityBalance.Bounded, 1), 0, CancellationToken.None);
        Assert.InRange(wild!.NonFiniteSteps, 5, 12);
        Assert.False(double.IsFinite(wild.Gap));
    }

    [Fact]
    public void An_attack_that_comes_back_nowhere_is_counted()
    {
        // Weights that are no numbers: nothing that is measured is one.
        StabilitySetup setup = StabilitySetup.Checkerboard(1, 20).Cheap();
        using var backend = new SimdBackend<float>(1);
        StabilityArm arm = new(StabilityScale.Exp, StabilityBalance.None, 1e-3);
        using Flow<float> flow = arm.Build<float>(setup, 0, backend);
        foreach (ParameterStore<float>.Entry entry in flow.Store.Parameters) flow.Store.Write(entry.Var, Array.ConvertAll(flow.Store.Read(entry.Var), _ => double.NaN));
        AttackReport attack = StabilityRun.Attack(setup, flow, setup.Test(0), 0, CancellationToken.None)!;
        Assert.Equal((4L, 40L, 40L), (attack.NonFiniteBefore, attack.NonFiniteRandom, attack.NonFiniteAttacked));
        StabilityResult result = StabilityRun.Run(setup, arm, 0, CancellationToken.None)! with { Attack = attack };
        Assert.Contains(" | none | none | 40 and 40 / 40 | ", new StabilityTable([], [(setup, [result])]).Markdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_attack_is_in_standard_deviations()
    {
        // Standardising data of another unit is the same flow but for rounding: neither the ball nor the error may know the unit.
        StabilitySetup setup = StabilitySetup.Gaussian(1, 400).Cheap();
        double[] test = setup.Test(2);
        double one = Random(test), other = Random(Array.ConvertAll(test, v => 100 * v));
        Assert.InRange(one, 1e-9, 1e-5);
        Assert.InRange(other / one, 0.25, 4);

        double Random(double[] rows)
        {
            using var backend = new SimdBackend<float>(1);
            using var flow = new Flow<float>([new ActNorm<float>(setup.Dimension)], new StandardNormal<float>(setup.Dimension), 0, backend);
            flow.Initialize(Array.ConvertAll(rows, v => (float)v));
            return StabilityRun.Attack(setup, flow, rows, 0, CancellationToken.None)!.Random;
        }
    }

    [Fact]
    public void Singular_values_that_do_not_come_out_are_counted()
    {
        // Rank one with columns 150 decades apart: what rotations leave of the small ones is rounding, beside which an angle is beyond double.
        const int D = 8;
        var hopeless = new double[D * D];
        for (int i = 0; i < D; i++)
            for (int j = 0; j < D; j++) hopeless[(i * D) + j] = Math.Sin(i + 1) * (j == 0 ? 1 : 1e-139 * (j + Math.Sqrt(2)));
        double[] two = new double[D * D], infinite = new double[D * D];
        for (int i = 0; i < D; i++) two[(i * D) + i] = i == 0 ? 2 : 0.5;
        infinite[3] = double.NaN;
        Assert.Throws<ArithmeticException>(() => Svd.Values<double>(hopeless, D, D, new double[D]));

        var stretch = new StabilityStretch(D, All: true);
        stretch.Add([.. hopeless]);
        Assert.Equal((1, 1, 0), (stretch.Points, stretch.NoNumber, stretch.Forward));
        Assert.Contains(" | none | none | none; no number at 1 / 1 | ", Row(stretch), StringComparison.Ordinal);
        stretch.Add([.. two]);
        stretch.Add([.. hopeless]);
        Assert.Equal((3, 2), (stretch.Points, stretch.NoNumber));
        Assert.Equal((2, 2, 4), (stretch.Forward, stretch.Inverse, stretch.Condition));
        Assert.Contains(" | 2 | 2 | 4; no number at 2 / 3 | ", Row(stretch), StringComparison.Ordinal);
        stretch.Add([.. infinite]);
        Assert.Equal(double.PositiveInfinity, stretch.Condition);

        var largest = new StabilityStretch(D, All: false);
        largest.Add([.. two]);
        Assert.Equal(2, largest.Forward, 1e-14);

        static string Row(StabilityStretch stretch)
        {
            StabilitySetup setup = StabilitySetup.Checkerboard(1, 20).Cheap();
            StabilityResult result = StabilityRun.Run(setup, new StabilityArm(StabilityScale.Tanh, StabilityBalance.None, 1e-3), 0, CancellationToken.None)!;
            return new StabilityTable([], [(setup, [result with { Stretch = stretch }])]).Markdown();
        }
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
        StabilitySetup setup = StabilitySetup.Checkerboard(2, 40).Cheap();
        StabilityArm arm = new(StabilityScale.HalfSigmoid, StabilityBalance.None, 1e-3);
        StabilityResult result = StabilityRun.Run(setup, arm, 0, CancellationToken.None)! with { FarNonFinite = 7, MostGradient = 6e17, Attack = new AttackReport(4, 10, 0, 1.26e-6, 2.5e-5, 0, 1, 2) };
        var table = new StabilityTable(["a <fact>"], [(setup, [result])]);
        string markdown = table.Markdown(), html = table.Html();
        Assert.Contains("| 1e-3 | half-sigmoid | none |", markdown, StringComparison.Ordinal);
        Assert.Contains("| 7 / 400 |", markdown, StringComparison.Ordinal);
        Assert.Contains("| near: random | near: attack | near: non-finite |", markdown, StringComparison.Ordinal);
        Assert.Contains("| 1.3e-6 | 2.5e-5 | 1 and 2 / 40 |", markdown, StringComparison.Ordinal);
        Assert.Contains("<td>1.3e-6</td><td>2.5e-5</td><td>1 and 2 / 40</td>", html, StringComparison.Ordinal);
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
