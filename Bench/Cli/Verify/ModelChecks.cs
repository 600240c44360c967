using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group models: a whole self-normalizing flow.</summary>
internal static class ModelChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("model_selfnorm", new FixtureCheck<T>(
            ["x", "layer0.weight", "layer0.weight_inv", "layer0.bias", "layer1.weight", "layer1.weight_inv", "layer1.bias"], SelfNorm));

    private static void SelfNorm<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Number("layers") != 2 || run.File.Text("activation") != "smooth_leaky_relu(0.3) between layers")
            throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected 2 layers with smooth_leaky_relu(0.3) between them.");
        double weight = run.File.Number("recon_loss_weight");
        (int rows, int cols) = run.Matrix("x");
        using (Flow<T> flow = Build(run, SelfNormalizing<T>.Published(weight)))
        {
            Training(run, flow, rows, cols);
            run.Compare("log_prob", flow.LogProb(run.Values("x")));
        }
        using (Flow<T> flow = Build(run, new ExactLu<T>())) Exact(run, flow, rows, cols);
    }

    private static Flow<T> Build<T>(CaseRun<T> run, IJacobianStrategy<T> strategy) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = run.Order("layer0.weight");
        var flow = new Flow<T>([new Linear<T>(d, strategy), new SmoothLeakyRelu<T>(d, 0.3), new Linear<T>(d, strategy)], new StandardNormal<T>(d), seed: 1, run.Backend);
        for (int i = 0; i < 2; i++)
        {
            flow.Store.Write(Find(flow, i, "weight"), run.Input($"layer{i}.weight", d * d));
            flow.Store.Write(Find(flow, i, "bias"), run.Input($"layer{i}.bias", d));
            if (strategy is SelfNormalizing<T>) flow.Store.Write(Find(flow, i, "inverse_weight"), run.Input($"layer{i}.weight_inv", d * d));
        }
        return flow;
    }

    // The file numbers the linear layers; between them stands the activation.
    private static Var Find<T>(Flow<T> flow, int layer, string name) where T : unmanaged, IFloatingPointIeee754<T> => flow.Store.Find($"layers.{2 * layer}.{name}");

    private static void Training<T>(CaseRun<T> run, Flow<T> flow, int rows, int cols) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(run.Backend, flow.Store);
        FlowObjective objective = flow.RecordObjective(tape, run.Load(tape, "x", rows, cols), new StepContext { Mode = FlowMode.Train });
        run.Compare("loss_without_logdet_of_linear", [tape.Scalar(objective.Objective)]);
        tape.Backward(objective.Objective);
        for (int i = 0; i < 2; i++)
        {
            run.Compare($"grad.layer{i}.weight", flow.Store.ReadGradient(Find(flow, i, "weight")));
            run.Compare($"grad.layer{i}.weight_inv", flow.Store.ReadGradient(Find(flow, i, "inverse_weight")));
            run.Compare($"grad.layer{i}.bias", flow.Store.ReadGradient(Find(flow, i, "bias")));
        }
        run.Compare("recon.loss", [tape.Scalar(objective.Penalty)]);
        tape.Backward(objective.Penalty);
        for (int i = 0; i < 2; i++)
        {
            run.Compare($"recon.grad.layer{i}.weight", flow.Store.ReadGradient(Find(flow, i, "weight")));
            run.Compare($"recon.grad.layer{i}.weight_inv", flow.Store.ReadGradient(Find(flow, i, "inverse_weight")));
        }
    }

    private static void Exact<T>(CaseRun<T> run, Flow<T> flow, int rows, int cols) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(run.Backend, flow.Store);
        Var x = run.Load(tape, "x", rows, cols);
        FlowStep step = flow.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        run.Compare("z", tape, step.Output);
        FlowStep back = flow.Inverse(tape, step.Output.Detach(), new StepContext());
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back.Output)));
        tape.Reset();
        FlowObjective objective = flow.RecordObjective(tape, run.Load(tape, "x", rows, cols), new StepContext { Mode = FlowMode.Train });
        tape.Backward(objective.Loss);
        for (int i = 0; i < 2; i++)
        {
            run.Compare($"exact.grad.layer{i}.weight", flow.Store.ReadGradient(Find(flow, i, "weight")));
            run.Compare($"exact.grad.layer{i}.bias", flow.Store.ReadGradient(Find(flow, i, "bias")));
        }
    }
}
