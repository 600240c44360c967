using System.Text.Json.Serialization;

namespace NativeFlow.Cli.Compare;

/// <summary>One strategy trained once: data, dimension, seed, and all that was measured. A line of the comparison's JSON lines; numbers that were not measured are null.</summary>
internal sealed record CompareRecord
{
    /// <summary>The strategy as asked for: a name, or a name with options such as <c>stale-inverse:every=10</c>.</summary>
    public required string Strategy { get; init; }

    /// <summary>The data as asked for, such as <c>mixing:1000</c>.</summary>
    public required string Data { get; init; }

    /// <summary>Features D.</summary>
    public required int Dimension { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Rows of a batch.</summary>
    public required int Batch { get; init; }

    /// <summary>Optimiser, learning rate and the like in one line: part of the configuration.</summary>
    public required string Training { get; init; }

    /// <summary>Training steps done.</summary>
    public long Steps { get; init; }

    /// <summary>Seconds of training alone, without evaluations: of the wall clock, or of the processor where the budget was given so.</summary>
    public double Seconds { get; init; }

    /// <summary>Median milliseconds of a training step.</summary>
    public double? StepMilliseconds { get; init; }

    /// <summary>Lower quartile of the milliseconds of a step, over the steps or the rounds measured.</summary>
    public double? StepMillisecondsLow { get; init; }

    /// <summary>Upper quartile.</summary>
    public double? StepMillisecondsHigh { get; init; }

    /// <summary>Floating-point operations of a step by formula; null where none is known.</summary>
    public double? StepFlops { get; init; }

    /// <summary>Bytes that a step must read and write at least, by formula.</summary>
    public double? StepBytes { get; init; }

    /// <summary>Managed bytes allocated by a step after the first ones.</summary>
    public double? AllocatedBytes { get; init; }

    /// <summary>Bytes of parameters, optimiser slots, gradients and the tape: what training holds at its peak.</summary>
    public long? PeakBytes { get; init; }

    /// <summary>Exact test negative log-likelihood in nats at the end; null when the run diverged.</summary>
    public double? TestNll { get; init; }

    /// <summary>Standard error over the test rows.</summary>
    public double? TestNllError { get; init; }

    /// <summary>Lowest exact validation negative log-likelihood on the way, nats: of the model that the test is made with; null when none was finite.</summary>
    public double? ValidationNll { get; init; }

    /// <summary>Exact validation NLL along the way.</summary>
    public IReadOnlyList<ComparePoint> Curve { get; init; } = [];

    /// <summary>Mean over the batch of |R W x - x|^2 in the last step; null without a learned inverse.</summary>
    public double? Reconstruction { get; init; }

    /// <summary>Bias of the objective's log-determinant against the exact one at the end, nats; null where the strategy has no value.</summary>
    public double? Bias { get; init; }

    /// <summary>Variance of it over repeated draws, nats squared.</summary>
    public double? Variance { get; init; }

    /// <summary>Times training diverged: a loss or a gradient that is not finite. The run ends there.</summary>
    public int Divergences { get; init; }

    /// <summary>What went wrong, in one line; null when nothing did.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether only the cost of a step was measured, with no training.</summary>
    [JsonIgnore]
    public bool IsCostOnly => StepMilliseconds is not null && TestNll is null && Curve.Count == 0 && Divergences == 0;
}
