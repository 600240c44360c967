namespace NativeFlow.Layers;

/// <summary>A log-determinant's training value against the exact one, in nats; means over the rows of the audit.</summary>
/// <param name="Kind">What it is declared to be.</param>
/// <param name="Exact">Exact log-determinant.</param>
/// <param name="Mean">Mean over draws; NaN where there is no value (<see cref="ValueKind.None"/>).</param>
/// <param name="StandardError">Standard error of <paramref name="Mean"/>, from the draws; larger by formula where the formula says so.</param>
/// <param name="Variance">Variance of one sample's estimate over draws.</param>
/// <param name="SecondMoment">Mean square of one sample's estimate.</param>
public sealed record ValueAudit(ValueKind Kind, double Exact, double Mean, double StandardError, double Variance, double SecondMoment)
{
    /// <summary>Mean minus exact.</summary>
    public double Bias => Mean - Exact;

    /// <summary>Mean by formula over the rows for which it was taken; NaN where none is known.</summary>
    public double FormulaMean { get; init; } = double.NaN;

    /// <summary>Variance by formula; infinite where it does not exist, NaN where no formula is known.</summary>
    public double FormulaVariance { get; init; } = double.NaN;

    /// <summary>Second moment by formula.</summary>
    public double FormulaSecondMoment { get; init; } = double.NaN;

    /// <summary>Sample variance over the rows for which the formula was taken.</summary>
    public double FormulaRowsVariance { get; init; } = double.NaN;

    /// <summary>Share of the sample variance that the one largest draw makes.</summary>
    public double LargestShare { get; init; }
}
