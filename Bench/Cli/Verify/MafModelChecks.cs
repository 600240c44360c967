using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group models: a masked autoregressive flow; density, gradients, samples and five steps of Adam.</summary>
internal static class MafModelChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("model_maf", new FixtureCheck<T>(["x", "sample.z", .. from step in Enumerable.Range(0, 3) from name in MadeTensors<T>.Parameters($"step{step}.made.") select name], Maf));

    private static void Maf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Text("step") != "reverse permutation, then MAF layer (scale softplus(u)+1e-3)" || run.File.Number("steps") is < 1 or > 100)
            throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected 1 to 100 steps of a reversal and a MAF layer.");
        (int rows, int cols) = run.Matrix("x");
        int steps = (int)run.File.Number("steps");
        var transforms = new List<IBijector<T>>();
        for (int s = 0; s < steps; s++)
        {
            transforms.Add(Permutation<T>.Reverse(cols));
            transforms.Add(AutoregressiveChecks.NflowsAffine(run, AutoregressiveDirection.Maf, cols));
        }
        using var flow = new Flow<T>(transforms, new StandardNormal<T>(cols), seed: 1, run.Backend);
        MadeTensors<T>[] networks = [.. Enumerable.Range(0, steps).Select(s => new MadeTensors<T>(run, flow.Store, $"layers.{(2 * s) + 1}.made.", n => $"step{s}.made.{n}", swapped: true))];
        foreach (MadeTensors<T> network in networks)
        {
            network.Load();
            network.CompareMasks(inputs: false);
        }
        using var tape = new Tape<T>(run.Backend, flow.Store);
        Density(run, flow, tape, rows, cols);
        foreach (MadeTensors<T> network in networks) network.CompareGradients();

        tape.Reset();
        run.Compare("sample.x", tape, flow.Inverse(tape, run.Load(tape, "sample.z", run.Matrix("sample.z").Rows, cols), new StepContext()).Output);

        var losses = new T[run.Shape("train.losses")[0]];
        var adam = new Adam<T>();
        adam.Attach(flow.Store);
        for (int s = 0; s < losses.Length; s++)
        {
            losses[s] = Loss(run, flow, tape, rows, cols);
            adam.Step(flow.Store, 0.01);
        }
        run.Compare("train.losses", losses);
        run.Compare("train.final_loss", [Loss(run, flow, tape, rows, cols)]);
        foreach (MadeTensors<T> network in networks) network.CompareValues("train.after.");
    }

    private static void Density<T>(CaseRun<T> run, Flow<T> flow, Tape<T> tape, int rows, int cols) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true);
        FlowStep step = flow.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        Var logProb = tape.Add(flow.Base.LogProb(tape, step.Output), step.LogAbsDet), loss = tape.Sum(logProb, -1.0 / rows);
        run.Compare("z", tape, step.Output);
        run.Compare("log_abs_det", tape, step.LogAbsDet);
        run.Compare("log_prob", tape, logProb);
        run.Compare("loss", tape, loss);
        tape.Backward(loss);
        run.CompareGrad("grad.x", tape, x);
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, flow.Inverse(tape, step.Output.Detach(), new StepContext()).Output)));
    }

    private static T Loss<T>(CaseRun<T> run, Flow<T> flow, Tape<T> tape, int rows, int cols) where T : unmanaged, IFloatingPointIeee754<T>
    {
        tape.Reset();
        FlowObjective objective = flow.RecordObjective(tape, run.Load(tape, "x", rows, cols), new StepContext { Mode = FlowMode.Train });
        tape.Backward(objective.Loss);
        return tape.Scalar(objective.Loss);
    }
}
