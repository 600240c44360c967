using System.CommandLine;
using System.Numerics;
using NativeFlow.Cli.Theory;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow theory</c>.</summary>
internal static class TheoryCommand
{
    public static Command Create()
    {
        Option<string?> data = Arguments.Text("--data", $"data as for train [{Presets.DefaultData}]", "NAME|PATH");
        Option<string?> columns = Arguments.Text("--columns", "columns to use [all]", "LIST");
        Option<string?> split = Arguments.Text("--split", "file that divides the rows", "FILE");
        Option<string?> dequantize = Arguments.Text("--dequantize", DataChoice.DequantizeHelp, "columns[:SEED]");
        Option<string?> model = Arguments.Text("--model", "model.safetensors written by train, to hold against the theory [none]", "FILE");
        Option<string?> lipschitz = Arguments.Text("--lipschitz", "bound on the Lipschitz constant of the map from data to latent [none]", "L");
        Option<string?> inverse = Arguments.Text("--inverse-lipschitz", "bound on the Lipschitz constant of its inverse [none]", "M");
        Option<string?> noise = Arguments.Text("--noise", "least variance in any direction: smaller eigenvalues are lifted to it [0]", "VAR");
        Option<string?> draws = Arguments.Text("--draws", $"dequantisation draws of the model's likelihood [{Presets.TestDraws}]", "N");
        Option<string?> rows = Arguments.Text("--rows", "most rows of each part that the model is measured on, evenly spaced [all]", "N");
        Option<string?> threads = Arguments.Text("--threads", "threads; results do not depend on it [one per processor]", "N");
        Option<bool> asJson = Arguments.Switch("--json", "print the result as JSON, with every eigenvalue");
        Command command = new("theory", "Floor and ceiling of the log-likelihood on a data set: linear-flow optimum, PPCA curve, bounds from Lipschitz constants, volume; and a trained model beside them.")
        {
            data, columns, split, dequantize, model, lipschitz, inverse, noise, draws, rows, threads, asJson,
        };
        command.SetAction(parsed =>
        {
            TheoryOptions options = new TheoryOptions
            {
                Lipschitz = parsed.GetValue(lipschitz) is { } l ? Arguments.Number("--lipschitz", l, zero: false) : double.PositiveInfinity,
                InverseLipschitz = parsed.GetValue(inverse) is { } m ? Arguments.Number("--inverse-lipschitz", m, zero: false) : double.PositiveInfinity,
                NoiseVariance = parsed.GetValue(noise) is { } v ? Arguments.Number("--noise", v, zero: true) : 0,
            }.Checked();
            int drawCount = parsed.GetValue(draws) is { } d ? Arguments.Whole("--draws", d, 1) : Presets.TestDraws;
            int most = parsed.GetValue(rows) is { } r ? Arguments.Whole("--rows", r, 1) : 0;
            int threadCount = parsed.GetValue(threads) is { } t ? Arguments.Whole("--threads", t, 1) : 0;
            string? file = parsed.GetValue(model);
            DataChoice choice = DataChoice.Open(parsed.GetValue(data) ?? Presets.DefaultData, parsed.GetValue(columns), parsed.GetValue(split), parsed.GetValue(dequantize));
            if (choice.Set.Train.Context is not null) throw new BadInputException($"{choice.Set.Name}: theory is about densities without a context; leave the context columns out.");
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            var progress = new BenchProgress(parsed.InvocationConfiguration.Error);
            using var stop = new StopSignal();
            TheoryRun run;
            try
            {
                // What is wrong with the model is said before minutes of work on the data.
                TrainedFlowReport? flow = file is null ? null : ModelFile.DtypeOf(file) == "float" ? Measure<float>(file, choice.Set, drawCount, most, threadCount, progress, stop.Token) : Measure<double>(file, choice.Set, drawCount, most, threadCount, progress, stop.Token);
                LikelihoodReport report = LikelihoodReport.Of(choice.Set, options, share => Tell(progress, "moments of the rows", share), stop.Token);
                run = new TheoryRun(choice, report, file, flow);
            }
            catch (OperationCanceledException)
            {
                progress.Clear();
                parsed.InvocationConfiguration.Error.WriteLine("stopped; nothing was written.");
                return Program.Failed;
            }

            progress.Clear();
            if (parsed.GetValue(asJson)) stdout.WriteLine(TheoryJson.Of(run));
            else TheoryText.Write(run, stdout);
            return Program.Done;
        });
        return command;
    }

    private static TrainedFlowReport Measure<T>(string model, DataSet data, int draws, int most, int threads, BenchProgress progress, CancellationToken cancel) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new Kernels.SimdBackend<T>(threads);
        using Flow<T> flow = ModelFile.Load(model, backend);
        if (flow.Dimension != data.Train.Columns)
            throw new BadInputException($"{model}: the model has {flow.Dimension} features, but {data.Name} has {data.Train.Columns} columns; choose the columns it was trained on with --columns, or another model.");
        if (flow.ContextWidth > 0) throw new BadInputException($"{model}: the model takes a context, and theory is about densities without one; give another model.");
        if (flow.EvaluationValue != ValueKind.Exact || flow.Base.IsDiscrete) throw new BadInputException($"{model}: the model has no exact density of continuous data, and theory is about such models alone; give another one.");
        return TrainedFlowReport.Of(flow, data.Train, data.Test, draws, Presets.EvaluationKey, most, (what, share) => Tell(progress, what, share), cancel);
    }

    private static void Tell(BenchProgress progress, string what, double share) => progress.Say(FormattableString.Invariant($"{what}: {100 * share:F0} %"));
}
