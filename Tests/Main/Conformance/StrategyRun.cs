using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>One training gradient of the layer z = W x + b under a strategy: loss = mean(-log N(z) - log-determinant) + penalty.</summary>
internal sealed class StrategyRun
{
    public double[] GradW { get; private init; } = [];
    public double[] GradB { get; private init; } = [];
    public double[] GradR { get; private init; } = [];
    public double[] GradX { get; private init; } = [];
    public double[] Z { get; private init; } = [];
    public double LogDet { get; private init; }
    public double Penalty { get; private init; }
    public FlowStep Step { get; private init; }

    /// <param name="strategy">Under test.</param>
    /// <param name="w">W [d x d].</param>
    /// <param name="b">b [d].</param>
    /// <param name="r">Value to put in place of the learned inverse, where there is one.</param>
    /// <param name="x">Input [rows x d].</param>
    /// <param name="backend">Where.</param>
    /// <param name="penaltyOnly">Differentiate the penalty alone.</param>
    /// <param name="key">Key of the run's random numbers.</param>
    public static StrategyRun Of(IJacobianStrategy<double> strategy, double[] w, double[] b, double[]? r, double[] x, IBackend<double> backend, bool penaltyOnly = false, ulong key = 11)
    {
        int d = b.Length, rows = x.Length / d;
        using var store = new ParameterStore<double>(backend);
        Var weight = store.AddParameter("weight", d, d, w), bias = store.AddParameter("bias", 1, d, b);
        JacobianSite site = strategy.Attach(store, new JacobianSite(SiteKinds.DenseMatrix, "site", d, weight, bias) { Stream = 5 }, w);
        store.Build();
        if (r is not null && !site.InverseWeight.IsNone) store.Write(site.InverseWeight, r);
        using var tape = new Tape<double>(backend, store);
        Var input = tape.Input(x, rows, d, needsGrad: true);
        FlowStep step = strategy.Record(tape, site, input, new StepContext { Mode = FlowMode.Train, Key = key, Step = 3 });
        Var logProb = tape.Add(tape.StandardNormalLogProb(step.Output), step.LogAbsDet);
        Var loss = tape.Sum(logProb, -1.0 / rows);
        if (!step.Penalty.IsNone) loss = penaltyOnly ? step.Penalty : tape.Add(loss, step.Penalty);
        tape.Backward(loss);
        double[] z = new double[rows * d], gx = new double[rows * d];
        tape.Read(step.Output, z);
        tape.ReadGrad(input, gx);
        return new StrategyRun
        {
            GradW = store.ReadGradient(weight),
            GradB = store.ReadGradient(bias),
            GradR = site.InverseWeight.Chunk == Var.ParameterChunk ? store.ReadGradient(site.InverseWeight) : [],
            GradX = gx,
            Z = z,
            LogDet = tape.Scalar(step.LogAbsDet),
            Penalty = step.Penalty.IsNone ? 0 : tape.Scalar(step.Penalty),
            Step = step,
        };
    }
}
