namespace NativeFlow.Layers;

/// <summary>Moves points of a hyperboloid against gradients, along geodesics: what an optimiser of parameters is in flat space.</summary>
/// <remarks>Source: Bonnabel, "Stochastic gradient descent on Riemannian manifolds" (2013); Becigneul and Ganea, "Riemannian adaptive optimization methods" (2019).</remarks>
public interface IPointOptimizer
{
    /// <summary>Steps made.</summary>
    long Steps { get; }

    /// <summary>One step of every point. Allocates nothing.</summary>
    /// <param name="points">Spatial coordinates [rows x n], changed.</param>
    /// <param name="gradients">Derivatives by these coordinates [rows x n], such as a tape gives.</param>
    /// <param name="learningRate">Length of the step for a gradient of length 1.</param>
    /// <exception cref="Engine.NonFiniteException">A gradient is not finite; no point has been moved.</exception>
    void Step(Span<double> points, ReadOnlySpan<double> gradients, double learningRate);
}
