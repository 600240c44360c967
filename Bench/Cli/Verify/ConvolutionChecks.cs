using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Groups conv and selfnorm: k x k convolutions with an exact determinant, zero and circular padding, and with a learned inverse kernel as published.</summary>
internal static class ConvolutionChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("conv_kxk_exact", new FixtureCheck<T>(["x", "weight", "bias", "ct.z", "ct.log_abs_det"], run => Exact(run, circular: false)));
        table.Add("conv_periodic", new FixtureCheck<T>(["x", "weight", "ct.z", "ct.log_abs_det"], run => Exact(run, circular: true)));
        table.Add("selfnorm_conv", new FixtureCheck<T>(["x", "weight", "weight_inv", "bias", "ct.z"], SelfNorm));
    }

    // By the strategy that the layer takes by itself, and by the oracle.
    private static void Exact<T>(CaseRun<T> run, bool circular) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ConvShape shape = ShapeOf(run, circular);
        bool bias = run.Has("bias");
        foreach (IJacobianStrategy<T>? strategy in (IJacobianStrategy<T>?[])[null, new ExactLu<T>()])
        {
            using var bench = new LayerBench<T>(run, Layer(shape, strategy, bias), Parameters(bias));
            bench.CompareAll(Sensitivity.Solution);
        }
    }

    private static void SelfNorm<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ConvShape shape = ShapeOf(run, circular: false);
        bool bias = run.Has("bias");
        double lambda = run.File.Number("recon_loss_weight");
        using (var bench = new LayerBench<T>(run, Layer(shape, SelfNormalizing<T>.Published(lambda), bias), [.. Parameters(bias), ("weight_inv", "inverse_weight")]))
        {
            Published(run, bench, bias);
            Variants(run, bench, shape, lambda);
        }
        var multiple = new double[shape.WeightLength];
        for (int i = 0; i < multiple.Length; i++) multiple[i] = shape.Multiplicity(i % shape.Taps / shape.KernelWidth, i % shape.KernelWidth);
        run.Compare("multiple", multiple);
        foreach (IJacobianStrategy<T>? strategy in (IJacobianStrategy<T>?[])[null, new ExactLu<T>()])
        {
            using var bench = new LayerBench<T>(run, Layer(shape, strategy, bias), Parameters(bias));
            TrueGradient(run, bench, bias);
        }
    }

    private static void Published<T>(CaseRun<T> run, LayerBench<T> bench, bool bias) where T : unmanaged, IFloatingPointIeee754<T>
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

    /// <summary>The other penalties of the source, composed from general ops: only r learns, and the symmetric ones that also measure w * r on w * x.</summary>
    private static void Variants<T>(CaseRun<T> run, LayerBench<T> bench, ConvShape shape, double lambda) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tape<T> tape = bench.Tape;
        Var w = bench.Find("weight"), r = bench.Find("inverse_weight");
        foreach ((string name, bool symmetric, bool onlyInverse) in ((string, bool, bool)[])[("recon_only_inv", false, true), ("recon_sym", true, false), ("recon_sym_only_inv", true, true)])
        {
            tape.Reset();
            Var x = bench.LoadX(false), wx = tape.Conv2d(x, w, shape);
            if (onlyInverse) wx = wx.Detach();
            Var rwx = tape.Conv2d(wx, r, shape);
            Var loss = MeanSquare(tape, rwx, x, symmetric ? lambda / 2 : lambda);
            if (symmetric) loss = tape.Add(loss, MeanSquare(tape, tape.Conv2d(rwx, w, shape), wx.Detach(), lambda / 2));
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

    private static void TrueGradient<T>(CaseRun<T> run, LayerBench<T> bench, bool bias) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tape<T> tape = bench.Tape;
        Var x = bench.LoadX();
        FlowStep step = bench.Layer.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        tape.Backward(tape.Subtract(bench.Weighted(step.Output, "ct.z"), step.LogAbsDet));
        run.CompareGrad("exact.grad.x", tape, x);
        run.Compare("exact.grad.weight", bench.Store.ReadGradient(bench.Find("weight")), Sensitivity.Solution);
        if (bias) run.Compare("exact.grad.bias", bench.Store.ReadGradient(bench.Find("bias")));
    }

    private static Conv2d<T> Layer<T>(ConvShape shape, IJacobianStrategy<T>? strategy, bool bias) where T : unmanaged, IFloatingPointIeee754<T>
        => new(new ImageShape(shape.InChannels, shape.Height, shape.Width), shape.KernelHeight, shape.Circular, strategy, bias);

    private static (string, string)[] Parameters(bool bias) => bias ? [("weight", "weight"), ("bias", "bias")] : [("weight", "weight")];

    // From the shapes of x and weight; sets the condition number of the whole map.
    private static ConvShape ShapeOf<T>(CaseRun<T> run, bool circular) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] x = run.Shape("x"), w = run.Shape("weight");
        if (x.Length != 4 || w.Length != 4 || w[0] != w[1] || w[0] != x[1] || w[2] != w[3])
            throw new BadInputException($"{run.File.Path}: 'x' is [{string.Join(", ", x)}], 'weight' [{string.Join(", ", w)}]; expected [batch, c, h, w] and [c, c, k, k]; the file is damaged or of another kind.");
        ConvShape shape = ConvShape.Same(x[1], x[1], x[2], x[3], w[2], circular);
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        var matrix = new double[shape.InLength * shape.InLength];
        tape.Read(tape.ConvMatrix(tape.Input(run.Input("weight", shape.WeightLength), shape.OutChannels, shape.WeightColumns), shape), matrix);
        run.Condition = LinalgChecks.Condition(matrix, shape.InLength);
        return shape;
    }
}
