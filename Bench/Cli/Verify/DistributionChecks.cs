using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group distributions.</summary>
internal static class DistributionChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("standard_normal", new FixtureCheck<T>(["x", "ct.log_prob"], StandardNormal));

    private static void StandardNormal<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        using var tape = new Tape<T>(run.Backend);
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true);
        Var logProb = new StandardNormal<T>(cols).LogProb(tape, x);
        run.Compare("log_prob", tape, logProb);
        tape.Backward(logProb, run.Values("ct.log_prob", rows));
        run.CompareGrad("grad.x", tape, x);
    }
}
