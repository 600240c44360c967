using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group selfnorm: the fully-connected layer with a learned inverse, as published.</summary>
internal static class SelfNormChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("selfnorm_fc", new FixtureCheck<T>(["x", "weight", "weight_inv", "bias", "ct.z"], Dense));

    private static void Dense<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = run.Order("weight");
        bool bias = run.Has("bias");
        run.Condition = LinalgChecks.Condition(run.Input("weight"), d);
        double lambda = run.File.Number("recon_loss_weight");
        (string, string)[] shared = bias ? [("weight", "weight"), ("bias", "bias")] : [("weight", "weight")];
        using (var bench = new LayerBench<T>(run, new Linear<T>(d, SelfNormalizing<T>.Published(lambda), bias), [.. shared, ("weight_inv", "inverse_weight")]))
        {
            Published(run, bench, bias);
            Variants(run, bench, lambda, static (tape, x, w) => tape.MatMul(x, w, transposeB: true));
        }
        using (var bench = new LayerBench<T>(run, new Linear<T>(d, new ExactLu<T>(), bias), shared)) Exact(run, bench, bias);
    }

    /// <summary>The published update, its penalty, and both inverses.</summary>
    public static void Published<T>(CaseRun<T> run, LayerBench<T> bench, bool bias) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tape<T> tape = bench.Tape;
        Var x = bench.LoadX(), w = bench.Find("weight"), r = bench.Find("inverse_weight");
        FlowStep step = bench.Layer.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        T[] z = CaseRun<T>.Read(tape, step.Output);
        run.Compare("z", z);

        // ct.z is the gradient of a loss, hence the slot enters as it does in a negative log-likelihood: with -1.
        tape.Backward(tape.Subtract(bench.Weighted(step.Output, "ct.z"), step.LogAbsDet));
        run.CompareGrad("grad.x", tape, x);
        run.Compare("grad.weight", bench.Store.ReadGradient(w));
        run.Compare("grad.weight_inv", bench.Store.ReadGradient(r));
        if (bias) run.Compare("grad.bias", bench.Store.ReadGradient(bench.Find("bias")));

        tape.Backward(step.Penalty);
        CompareReconstruction(run, bench, "recon", step.Penalty);

        tape.Reset();
        FlowStep evaluated = bench.Layer.Forward(tape, bench.LoadX(false), new StepContext());
        T[] logDet = bench.Spread(evaluated.LogAbsDet);
        run.Compare("log_abs_det", logDet, Sensitivity.Determinant);
        FlowStep learned = bench.Layer.Inverse(tape, tape.Input(z, bench.Rows, bench.Layer.Dimension), new StepContext { Inverse = InverseKind.Learned });
        run.Compare("x_rec_learned", tape, learned.Output);
        bench.CompareInverse(z, logDet, Sensitivity.Solution);
    }

    /// <summary>The other penalties of the source, composed from general ops: only R learns, and the symmetric ones that also measure W R on Wx.</summary>
    /// <param name="run">The case.</param>
    /// <param name="bench">The layer.</param>
    /// <param name="lambda">Weight of the penalty.</param>
    /// <param name="map">Records the map of a weight at a value.</param>
    public static void Variants<T>(CaseRun<T> run, LayerBench<T> bench, double lambda, Func<Tape<T>, Var, Var, Var> map) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tape<T> tape = bench.Tape;
        Var w = bench.Find("weight"), r = bench.Find("inverse_weight");
        foreach ((string name, bool symmetric, bool onlyInverse) in ((string, bool, bool)[])[("recon_only_inv", false, true), ("recon_sym", true, false), ("recon_sym_only_inv", true, true)])
        {
            tape.Reset();
            Var x = bench.LoadX(false), wx = map(tape, x, w);
            if (onlyInverse) wx = wx.Detach();
            Var rwx = map(tape, wx, r);
            Var loss = MeanSquare(tape, rwx, x, symmetric ? lambda / 2 : lambda);
            if (symmetric) loss = tape.Add(loss, MeanSquare(tape, map(tape, rwx, w), wx.Detach(), lambda / 2));
            tape.Backward(loss);
            CompareReconstruction(run, bench, name, loss);
        }
    }

    private static Var MeanSquare<T>(Tape<T> tape, Var a, Var target, double weight) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.Sum(tape.Square(tape.Subtract(a, target)), weight / a.Rows);

    private static void CompareReconstruction<T>(CaseRun<T> run, LayerBench<T> bench, string name, Var loss) where T : unmanaged, IFloatingPointIeee754<T>
    {
        run.Compare(name + ".loss", [bench.Tape.Scalar(loss)]);
        run.Compare(name + ".grad.weight", bench.Store.ReadGradient(bench.Find("weight")));
        run.Compare(name + ".grad.weight_inv", bench.Store.ReadGradient(bench.Find("inverse_weight")));
    }

    /// <summary>The true gradient, by a strategy that gives it.</summary>
    public static void Exact<T>(CaseRun<T> run, LayerBench<T> bench, bool bias) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tape<T> tape = bench.Tape;
        Var x = bench.LoadX();
        FlowStep step = bench.Layer.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        tape.Backward(tape.Subtract(bench.Weighted(step.Output, "ct.z"), step.LogAbsDet));
        run.CompareGrad("exact.grad.x", tape, x);
        run.Compare("exact.grad.weight", bench.Store.ReadGradient(bench.Find("weight")), Sensitivity.Solution);
        if (bias) run.Compare("exact.grad.bias", bench.Store.ReadGradient(bench.Find("bias")));
    }
}
