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
            SelfNormChecks.Published(run, bench, bias);
            SelfNormChecks.Variants(run, bench, lambda, (tape, x, w) => tape.Conv2d(x, w, shape));
        }
        var multiple = new double[shape.WeightLength];
        for (int i = 0; i < multiple.Length; i++) multiple[i] = shape.Multiplicity(i % shape.Taps / shape.KernelWidth, i % shape.KernelWidth);
        run.Compare("multiple", multiple);
        foreach (IJacobianStrategy<T>? strategy in (IJacobianStrategy<T>?[])[null, new ExactLu<T>()])
        {
            using var bench = new LayerBench<T>(run, Layer(shape, strategy, bias), Parameters(bias));
            SelfNormChecks.Exact(run, bench, bias);
        }
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
