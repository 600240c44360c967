using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A trained flow beside the theory of a <see cref="LikelihoodReport"/>: likelihood, latents, volume layer by layer, and whether its linear layers have converged.</summary>
/// <param name="Train">On the training rows, where the conditions of an optimum must hold.</param>
/// <param name="Test">On the test rows; null where there are none.</param>
/// <param name="Linear">Stationarity on the training rows of every top-level layer with a free full matrix.</param>
/// <param name="Unmeasured">Matrices and convolutions inside other layers or with shared weights, which <paramref name="Linear"/> leaves out.</param>
public sealed record TrainedFlowReport(TrainedFlowPart Train, TrainedFlowPart? Test, IReadOnlyList<LinearStationarity> Linear, int Unmeasured)
{
    /// <summary>
    /// Measures a flow. One forward and, where it has linear layers, one backward pass of the rows, everything exact whatever strategy trained it, and a likelihood for each
    /// dequantisation draw. Overwrites the gradients in the flow's store; parameters stay.
    /// </summary>
    /// <param name="flow">The flow; its likelihood must be exact.</param>
    /// <param name="train">The rows it was trained on.</param>
    /// <param name="test">Fresh rows; null for none.</param>
    /// <param name="draws">Dequantisation draws of the likelihoods; the rest takes the first.</param>
    /// <param name="key">Key of the noise.</param>
    /// <param name="mostRows">At most so many rows of each part, evenly spaced; 0 for all.</param>
    /// <param name="progress">Told what is being done and its share done, 0 to 1.</param>
    /// <param name="cancel">Stops between two blocks of rows.</param>
    /// <exception cref="BadInputException">Another number of columns or another context, or a row with a log-density that is not finite.</exception>
    /// <exception cref="NotSupportedException">The flow's likelihood is a bound, or its base discrete.</exception>
    public static TrainedFlowReport Of<T>(Flow<T> flow, Table train, Table? test, int draws, ulong key, int mostRows = 0, Action<string, double>? progress = null, CancellationToken cancel = default)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (flow.EvaluationValue != ValueKind.Exact || flow.Base.IsDiscrete) throw new NotSupportedException("TrainedFlowReport: the flow has no exact density of continuous data; the theory is about such flows alone.");
        using var pass = new FlowPass<T>(flow, key);
        TrainedFlowPart onTrain = Part(pass, flow, Some(train, mostRows), draws, key, true, "training rows", progress, cancel);
        IReadOnlyList<LinearStationarity> linear = pass.Stationarity();
        TrainedFlowPart? onTest = test is null ? null : Part(pass, flow, Some(test, mostRows), draws, key, false, "test rows", progress, cancel);
        return new TrainedFlowReport(onTrain, onTest, linear, IJacobianLayer<T>.In(flow.Transforms).Count() - flow.Transforms.Count(t => t is Linear<T>));
    }

    private static TrainedFlowPart Part<T>(FlowPass<T> pass, Flow<T> flow, Table table, int draws, ulong key, bool gradients, string what, Action<string, double>? progress, CancellationToken cancel)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (table.Columns != flow.Dimension) throw new BadInputException($"{table.Name}: has {table.Columns} columns, the flow {flow.Dimension} features; they must be equal.");
        progress?.Invoke($"likelihood of the {what}", 0);
        double[] rows = LikelihoodEvaluation.PerRow(flow, table, draws, key, cancel);
        for (int r = 0; r < rows.Length; r++)
            if (!double.IsFinite(rows[r])) throw new BadInputException($"{table.Name}: row {r} (from 0, of the {what} used) has the log-density {rows[r]} under the flow; it lies outside what the flow can take, leave it out.");
        pass.Run(table, gradients, share => progress?.Invoke($"flow on the {what}", share), cancel);
        return pass.Part(LikelihoodEvaluation.Of(rows, table, draws));
    }

    private static Table Some(Table table, int most)
    {
        if (most <= 0 || table.Rows <= most) return table;
        var rows = new int[most];
        for (int i = 0; i < most; i++) rows[i] = (int)((long)i * table.Rows / most);
        return table.Select(rows);
    }
}
