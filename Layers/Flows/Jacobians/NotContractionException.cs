namespace NativeFlow.Layers;

/// <summary>An estimator that holds for |J| below 1 alone met a map z = x + g(x) whose g expands. Training stops: the series would diverge in silence.</summary>
public sealed class NotContractionException : ArithmeticException
{
    /// <summary>Names the layer, the norm that was measured and the way out.</summary>
    public NotContractionException(string message) : base(message) { }
}
