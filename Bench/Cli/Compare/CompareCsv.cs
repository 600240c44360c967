using System.Globalization;

namespace NativeFlow.Cli.Compare;

/// <summary>Records of a comparison as comma separated text; numbers read back to the same bits, what was not measured is empty.</summary>
internal static class CompareCsv
{
    /// <summary>One line a run.</summary>
    /// <exception cref="NativeFlow.Engine.BadInputException">The file cannot be written.</exception>
    public static void WriteRuns(string path, IReadOnlyList<CompareRecord> records) => CsvWriter.Write(
        path,
        ["strategy", "data", "dimension", "seed", "batch", "training", "steps", "seconds", "step_ms", "step_flops", "step_bytes", "allocated_bytes", "peak_bytes", "test_nll", "test_nll_error", "final_cosine", "reconstruction", "bias", "variance", "divergences", "failure"],
        records.Select(r => (IReadOnlyList<string>)
        [
            r.Strategy, r.Data, Whole(r.Dimension), r.Seed.ToString(CultureInfo.InvariantCulture), Whole(r.Batch), r.Training, Whole(r.Steps), ReportNumber.Exact(r.Seconds),
            ReportNumber.Exact(r.StepMilliseconds), ReportNumber.Exact(r.StepFlops), ReportNumber.Exact(r.StepBytes), ReportNumber.Exact(r.AllocatedBytes), r.PeakBytes is { } peak ? Whole(peak) : "",
            ReportNumber.Exact(r.TestNll), ReportNumber.Exact(r.TestNllError), ReportNumber.Exact(CompareArm.LastCosineOf(r)), ReportNumber.Exact(r.Reconstruction), ReportNumber.Exact(r.Bias), ReportNumber.Exact(r.Variance),
            Whole(r.Divergences), r.Failure ?? "",
        ]));

    /// <summary>One line a look at a run.</summary>
    /// <exception cref="NativeFlow.Engine.BadInputException">The file cannot be written.</exception>
    public static void WriteCurves(string path, IReadOnlyList<CompareRecord> records) => CsvWriter.Write(
        path,
        ["strategy", "data", "dimension", "seed", "batch", "step", "seconds", "validation_nll", "cosine"],
        records.SelectMany(r => r.Curve, (r, p) => (IReadOnlyList<string>)
        [
            r.Strategy, r.Data, Whole(r.Dimension), r.Seed.ToString(CultureInfo.InvariantCulture), Whole(r.Batch), Whole(p.Step), ReportNumber.Exact(p.Seconds), ReportNumber.Exact(p.Nll),
            double.IsNaN(p.Cosine) ? "" : ReportNumber.Exact(p.Cosine),
        ]));

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);
}
