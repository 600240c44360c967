using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group residual: i-ResNet blocks, spectral norms and the estimators of their log-determinants.</summary>
internal static class ResidualChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] net = ["x", "net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias", "swish.beta"];
        table.Add("iresnet_block", new FixtureCheck<T>([.. net, "ct.z", "ct.log_abs_det"], Block));
        table.Add("residual_logdet_basic_estimator", new FixtureCheck<T>([.. net, "eps", "coefficients", "ct"], run => Estimate(run, PowerSeries.Record)));
        table.Add("residual_logdet_neumann_estimator", new FixtureCheck<T>([.. net, "eps", "coefficients", "ct"], run => Estimate(run, NeumannSeries.Record)));
        table.Add("spectral_norm", new FixtureCheck<T>(["weight", "u0", "ct.weight_normalized"], SpectralNorm));
    }

    private delegate Var Estimator<T>(Tape<T> tape, Var output, Var input, Var probe, ReadOnlySpan<double> weights) where T : unmanaged, IFloatingPointIeee754<T>;

    // The stored weights are normalised already: the bounds of the block leave them as they are.
    private static void Block<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<(string, string)> parameters = [("net.0.weight", "net.0.weight"), ("net.0.bias", "net.0.bias"), ("net.1.weight", "net.1.weight"), ("net.1.bias", "net.1.bias")];
        if (run.Has("swish.beta")) parameters.Add(("swish.beta", "net.0.beta"));
        int hidden = run.Matrix("net.0.weight").Rows;
        var layer = new Residual<T>(run.Matrix("x").Cols, [hidden], FixtureNet<T>.Activation(run, "activation"), run.File.Number("lipschitz"));
        using var bench = new LayerBench<T>(run, layer, [.. parameters]);
        bench.CompareAll();
    }

    private static void Estimate<T>(CaseRun<T> run, Estimator<T> estimator) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var net = new FixtureNet<T>(run);
        Var probe = run.Load(net.Tape, "eps", net.Rows, net.Cols);
        Var value = estimator(net.Tape, net.Record(), net.X, probe, run.Input("coefficients"));
        run.Compare("log_abs_det_estimate", net.Tape, value);
        net.CompareGradients(value, "");
    }

    private static void SpectralNorm<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("weight");
        double bound = run.File.Number("coeff");
        using var tape = new Tape<T>(run.Backend);
        Var w = run.Load(tape, "weight", rows, cols, needsGrad: true), u0 = run.Load(tape, "u0", 1, rows);
        (Var y, Var found) = SpectralNormOp<T>.Record(tape, w, u0, bound, 1);
        T[] one = CaseRun<T>.Read(tape, found);
        run.Compare("one_step.u", one.AsSpan(0, rows));
        run.Compare("one_step.v", one.AsSpan(rows, cols));
        run.Compare("one_step.sigma", one.AsSpan(rows + cols));
        run.Compare("one_step.weight_normalized", tape, y);

        (y, found) = SpectralNormOp<T>.Record(tape, w, u0, bound, 100_000, typeof(T) == typeof(float) ? 1e-6 : 1e-13);
        run.Compare("sigma", CaseRun<T>.Read(tape, found).AsSpan(rows + cols));
        run.Compare("weight_normalized", tape, y);
        tape.Backward(tape.Sum(tape.Multiply(run.Load(tape, "ct.weight_normalized", rows, cols), y)));
        run.CompareGrad("grad.weight", tape, w);
    }
}
