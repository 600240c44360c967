namespace NativeFlow.Layers;

/// <summary>How good a learned inverse R of a matrix W is, and whether its training is stable.</summary>
/// <param name="Layer">Index of the layer in the flow.</param>
/// <param name="Name">Its name in messages, such as <c>layers.1</c>.</param>
/// <param name="Strategy">Name of its Jacobian strategy.</param>
/// <param name="Weight">Weight lambda of its reconstruction penalty.</param>
/// <param name="Reconstruction">Mean |R W x - x|^2 over the rows looked at.</param>
/// <param name="Cosine">cos(R, W^-1) = &lt;R, W^-1&gt; / (|R| |W^-1|), Frobenius; 1 when R points where it should. Of a convolution, between the learned and the exact gradient of log|det|.</param>
/// <param name="Condition">Condition number of W in the 1-norm, |W| |W^-1|; NaN for a convolution, where it is not measured.</param>
/// <param name="SmallestVariance">Smallest eigenvalue s2min of the covariance of the layer's input. The estimate from few rows is low, and the threshold from it high. NaN for a convolution.</param>
/// <param name="Threshold">The weight above which the strategy is stable at the maximum-likelihood solution: 1/(8 s2min) for the published update, 1/8 for it with unit probes, 0 for reconstruction alone, NaN for a convolution otherwise.</param>
public sealed record LearnedInverseReport(
    int Layer, string Name, string Strategy, double Weight, double Reconstruction, double Cosine, double Condition, double SmallestVariance, double Threshold)
{
    /// <summary>Whether the weight is not above the threshold, so that training can settle at a wrong solution.</summary>
    public bool IsBelowThreshold => Threshold > 0 && !(Weight > Threshold);
}
