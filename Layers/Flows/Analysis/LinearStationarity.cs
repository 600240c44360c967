namespace NativeFlow.Layers;

/// <summary>
/// Whether a layer y = W h with a free matrix has stopped moving. delta = d log p / d y of everything downstream, y without the bias. At the
/// optimum E[delta y^T] = -I (the gradient for W times W^T); the residual is the norm of the relative gradient and needs no inverse.
/// </summary>
/// <param name="Layer">Number of the layer from the data on.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Strategy">Its Jacobian strategy; empty where its determinant is at hand anyway.</param>
/// <param name="Residual">|E[delta y^T] + I| in the Frobenius norm; an untrained or unfinished layer has it of the order of sqrt(D) or more.</param>
/// <param name="Sampling">Root mean square of what sampling alone does to <paramref name="Residual"/> on other rows of the same distribution.</param>
public sealed record LinearStationarity(int Layer, string Kind, string Strategy, double Residual, double Sampling)
{
    /// <summary>|E[delta y^T] + (W R)^T|, the fixed point of the self-normalizing gradient with learned inverse R; null for other strategies.</summary>
    public double? LearnedResidual { get; init; }

    /// <summary>|W R - I| in the Frobenius norm: how far that fixed point is from the likelihood's; null for other strategies.</summary>
    public double? InverseError { get; init; }
}
