using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group continuous: flows by fixed steps and by a converged solve, and the trace estimate.</summary>
internal static class ContinuousChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] net = ["x", "net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias", "net.2.weight", "net.2.bias"];
        table.Add("cnf_converged", new FixtureCheck<T>([.. net, "ct.z", "ct.log_abs_det"], Converged));
        table.Add("cnf_fixed_step", new FixtureCheck<T>([.. net, "ct.z", "ct.log_abs_det"], FixedStep));
        table.Add("hutchinson_trace", new FixtureCheck<T>([.. net, "eps", "ct"], Trace));
    }

    private static void FixedStep<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        OdeMethod method = Choice(run, "method", ("euler", OdeMethod.Euler), ("midpoint", OdeMethod.Midpoint), ("rk4", OdeMethod.Rk4));
        TimeInput time = Choice(run, "time_layer", ("concat", TimeInput.Concat), ("ignore", TimeInput.Ignore));
        var settings = new CnfSettings(run.File.Number("T"), new OdeSolver(method, (int)run.File.Number("steps")));
        using LayerBench<T> bench = Bench(run, FixtureNet<T>.Activation(run, "nonlinearity"), time, settings);
        Compare(run, bench, FlowMode.Train);
    }

    private static void Converged<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // What evaluation does, whatever the solver of training.
        var settings = new CnfSettings(run.File.Number("T"), new OdeSolver(OdeMethod.Euler, 1));
        using LayerBench<T> bench = Bench(run, FixtureNet<T>.Activation(run, "activation"), TimeInput.Last, settings);
        (T[] z, T[] logDet) = Compare(run, bench, FlowMode.Evaluate);
        bench.CompareInverse(z, logDet, Sensitivity.Plain);
    }

    private static void Trace<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using (var net = new FixtureNet<T>(run))
        {
            Var value = HutchinsonTrace.Record(net.Tape, net.Record(), net.X, run.Load(net.Tape, "eps", net.Rows, net.Cols));
            run.Compare("trace_estimate", net.Tape, value);
            net.CompareGradients(value, "estimate.");
        }
        using (var net = new FixtureNet<T>(run))
        {
            Var jacobian = ExactJacobian.Record(net.Tape, net.Record(), net.X, ExactJacobian.Basis(net.Tape, net.Rows, net.Cols));
            Var value = ExactJacobian.Trace(net.Tape, jacobian);
            run.Compare("trace", net.Tape, value);
            net.CompareGradients(value, "exact.");
        }
    }

    private static LayerBench<T> Bench<T>(CaseRun<T> run, SmoothActivation activation, TimeInput time, in CnfSettings settings) where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<int> hidden = [];
        List<(string, string)> parameters = [];
        for (int i = 0; run.Has($"net.{i}.weight"); i++)
        {
            hidden.Add(run.Matrix($"net.{i}.weight").Rows);
            parameters.AddRange([($"net.{i}.weight", $"net.{i}.weight"), ($"net.{i}.bias", $"net.{i}.bias")]);
        }
        if (hidden.Count == 0) throw new BadInputException($"{run.File.Path}: there is no tensor 'net.0.weight'; the file is damaged or of another kind.");
        return new LayerBench<T>(run, new Cnf<T>(run.Matrix("x").Cols, [.. hidden[..^1]], activation, time, settings), [.. parameters]);
    }

    private static (T[] Z, T[] LogDet) Compare<T>(CaseRun<T> run, LayerBench<T> bench, FlowMode mode) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var x = bench.LoadX();
        FlowStep step = bench.Layer.Forward(bench.Tape, x, new StepContext { Mode = mode });
        T[] z = CaseRun<T>.Read(bench.Tape, step.Output), logDet = bench.Spread(step.LogAbsDet);
        run.Compare("z", z);
        run.Compare("log_abs_det", logDet);
        bench.Tape.Backward(bench.Tape.Add(bench.Weighted(step.Output, "ct.z"), bench.Weighted(step.LogAbsDet, "ct.log_abs_det")));
        run.CompareGrad("grad.x", bench.Tape, x);
        foreach (ParameterStore<T>.Entry p in bench.Store.Parameters) run.Compare("grad." + p.Name["layer.".Length..], bench.Store.ReadGradient(p.Var));
        return (z, logDet);
    }

    private static TChoice Choice<T, TChoice>(CaseRun<T> run, string key, params ReadOnlySpan<(string Name, TChoice Value)> choices) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string name = run.File.Text(key);
        foreach ((string word, TChoice value) in choices)
            if (word == name) return value;
        throw new BadInputException($"{run.File.Path}: config '{key}' is {BadInputException.Quote(name)}, which no check knows; the file is damaged or of another kind.");
    }
}
