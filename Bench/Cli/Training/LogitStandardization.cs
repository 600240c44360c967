using System.Text.Json.Nodes;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>A fixed layer that gives every logit mean 0 and variance 1 on the training rows: what the first matrix sees is then of one size.</summary>
internal static class LogitStandardization
{
    private const int MostRows = 20_000;
    private const int Block = 500;

    public static JsonObject Layer(DataSet data)
    {
        int d = data.Train.Columns, rows = Math.Min(data.Train.Rows, MostRows);
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([new Logit<double>(d, Presets.LogitAlpha(data.Levels), 0, data.Levels)], new StandardNormal<double>(d), 0, backend);
        double[] mean = new double[d], square = new double[d];
        for (int start = 0; start < rows; start += Block)
        {
            var x = new double[Math.Min(Block, rows - start) * d];
            for (int r = 0; r < x.Length / d; r++) data.Train.CopyRow(start + r, x.AsSpan(r * d, d));
            Dequantization.AddUniformNoise(x.AsSpan(), Presets.EvaluationKey, 0, (ulong)start * (ulong)d);
            double[] logits = flow.InputOf(1, x);
            for (int i = 0; i < logits.Length; i++)
            {
                mean[i % d] += logits[i] / rows;
                square[i % d] += logits[i] * logits[i] / rows;
            }
        }

        JsonArray scale = [], shift = [];
        for (int i = 0; i < d; i++)
        {
            // The noise of dequantisation gives every logit a variance well above 0.
            double deviation = Math.Sqrt(square[i] - mean[i] * mean[i]);
            scale.Add(1 / deviation);
            shift.Add(-mean[i] / deviation);
        }

        return new JsonObject { ["kind"] = "affine", ["scale"] = scale, ["shift"] = shift };
    }
}
