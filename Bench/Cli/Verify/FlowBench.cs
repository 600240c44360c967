using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>A whole model with the stored parameters: densities, gradients of the loss, samples and five steps of Adam.</summary>
internal static class FlowBench
{
    private const int Steps = 5;
    private const double Rate = 0.01;

    /// <summary>Compares everything that a case of group models stores; frees the flow.</summary>
    public static void CompareAll<T>(CaseRun<T> run, Flow<T> flow, PlacedTensors<T> parameters) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using (flow)
        {
            using var tape = new Tape<T>(run.Backend, flow.Store);
            CompareDensity(run, flow, parameters, tape);
            (int rows, int cols) = run.Matrix("sample.z");
            tape.Reset();
            run.Compare("sample.x", tape, flow.Inverse(tape, run.Load(tape, "sample.z", rows, cols), new StepContext()).Output);
            Train(run, flow, parameters, tape);
        }
    }

    /// <summary>Compares densities, gradients of the loss and the inverse. The tape is bound to the flow's store.</summary>
    public static void CompareDensity<T>(CaseRun<T> run, Flow<T> flow, PlacedTensors<T> parameters, Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        parameters.Write(flow.Store, "layers.");
        (int rows, int cols) = run.Matrix("x");
        if (cols != flow.Dimension) throw new BadInputException($"{run.File.Path}: 'x' has {cols} features, the parameters are for {flow.Dimension}; the file is damaged or of another kind.");
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true);
        FlowStep step = flow.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        if (step.Value != ValueKind.Exact) throw new InvalidOperationException($"The flow's log-determinant is {step.Value}, expected an exact one.");
        run.Compare("z", tape, step.Output);
        run.Compare("log_abs_det", tape, step.LogAbsDet);
        run.Compare("log_prob", flow.LogProb(run.Values("x")));
        Var loss = tape.Scale(tape.Mean(tape.Add(flow.Base.LogProb(tape, step.Output), step.LogAbsDet)), -1);
        run.Compare("loss", tape, loss);
        tape.Backward(loss);
        run.CompareGrad("grad.x", tape, x);
        parameters.CompareGradients(flow.Store, "layers.");
        FlowStep back = flow.Inverse(tape, step.Output.Detach(), new StepContext());
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back.Output)));
    }

    /// <summary>Lets the gradients of a model of splines move by what rounding of x to single precision does to them.</summary>
    /// <param name="run">The case.</param>
    /// <param name="wide">The case in double.</param>
    /// <param name="flow">The model in double.</param>
    /// <param name="parameters">Its stored parameters.</param>
    public static void AllowRounding<T>(CaseRun<T> run, CaseRun<double> wide, Flow<double> flow, PlacedTensors<double> parameters) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float)) return;
        parameters.Write(flow.Store, "layers.");
        int rows = wide.Matrix("x").Rows;
        using var tape = new Tape<double>(wide.Backend, flow.Store);
        RoundingSensitivity.Allow(run, run.Input("x"), x =>
        {
            tape.Reset();
            Var v = tape.Input(x, rows, flow.Dimension, needsGrad: true);
            FlowObjective objective = flow.RecordObjective(tape, v, new StepContext());
            tape.Backward(objective.Loss);
            Dictionary<string, double[]> moved = parameters.Gradients(flow.Store, "layers.");
            moved.Add("grad.x", CaseRun<double>.ReadGrad(tape, v));
            return moved;
        });
    }

    private static void Train<T>(CaseRun<T> run, Flow<T> flow, PlacedTensors<T> parameters, Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int cols) = run.Matrix("x");
        var adam = new Adam<T>();
        adam.Attach(flow.Store);
        adam.Prepare(flow.Store);
        SkippingAdam<T>? skipping = null;
        var losses = new T[Steps + 1];
        for (int i = 0; i <= Steps; i++)
        {
            tape.Reset();
            FlowObjective objective = flow.RecordObjective(tape, run.Load(tape, "x", rows, cols), new StepContext { Mode = FlowMode.Train, Step = i });
            losses[i] = tape.Scalar(objective.Objective);
            if (i == Steps) break;
            tape.Backward(objective.Loss);
            if (i == 0 && SkippingAdam<T>.IsNeeded(flow.Store)) skipping = new SkippingAdam<T>(flow.Store, Rate);
            if (skipping is null) adam.Step(flow.Store, Rate);
            else skipping.Step();
        }
        run.Compare("train.losses", losses.AsSpan(0, Steps));
        run.Compare("train.final_loss", losses.AsSpan(Steps));
        parameters.CompareValues(flow.Store, "layers.", "train.after.");
    }
}
