namespace NativeFlow.Layers;

/// <summary>What theory says of one estimate for one sample, given the Jacobian there.</summary>
/// <param name="Mean">Its expectation, in nats; NaN where no formula is known.</param>
/// <param name="Variance">Its variance, in nats squared: infinite where it does not exist, NaN where no formula is known.</param>
public readonly record struct EstimatorMoments(double Mean, double Variance)
{
    /// <summary>No formula.</summary>
    public static EstimatorMoments Unknown { get; } = new(double.NaN, double.NaN);

    /// <summary>Whether the variance is known not to exist: then no sample shows it.</summary>
    public bool IsInfinite => double.IsPositiveInfinity(Variance);
}
