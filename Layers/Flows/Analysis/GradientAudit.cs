namespace NativeFlow.Layers;

/// <summary>The training gradient of the objective against the exact one, over the numbers that the exact gradient touches.</summary>
/// <param name="Name">What the gradient is of: <c>parameters</c>, <c>input</c>, or the name of a weight.</param>
/// <param name="Kind">What it is declared to be.</param>
/// <param name="Count">Numbers in it.</param>
/// <param name="ExactNorm">Length of the exact gradient.</param>
/// <param name="Cosine">Cosine of the angle between the mean over draws and the exact gradient.</param>
/// <param name="Scale">Projection of the mean on the exact gradient, in lengths of it: 1 is right.</param>
/// <param name="RelativeError">Distance of the mean from the exact gradient, in lengths of it.</param>
/// <param name="Variance">Mean squared distance of a draw from the mean, in squared lengths of the exact gradient.</param>
/// <param name="Noise">What <paramref name="RelativeError"/> would be by the variance alone: sqrt(variance / draws).</param>
/// <param name="BiasInErrors">Largest bias of the projections on the gradient and on eight fixed random directions, in standard errors; 0 where nothing varies.</param>
public sealed record GradientAudit(string Name, GradientKind Kind, int Count, double ExactNorm, double Cosine, double Scale, double RelativeError, double Variance, double Noise, double BiasInErrors)
{
    /// <summary>Distance of the mean from the preconditioned exact gradient (times H^T H), in lengths of it; NaN for other kinds.</summary>
    public double PreconditionedError { get; init; } = double.NaN;

    /// <summary>Length of the gradient of the layer's penalty on the same numbers, in lengths of the exact gradient; 0 without a penalty.</summary>
    public double PenaltyShare { get; init; }
}
