namespace NativeFlow.Layers;

/// <summary>What is certain of a transformer z = h(x; raw) with raw parameters from a network.</summary>
/// <param name="LeastSlope">Smallest dz/dx.</param>
/// <param name="MostSlope">Largest dz/dx.</param>
/// <param name="Cross">Largest singular value of dz/d(the network's input).</param>
/// <param name="OutputBound">Largest |z|.</param>
/// <param name="Reason">Why something is infinite or a slope may be 0; empty otherwise.</param>
public readonly record struct TransformerBounds(double LeastSlope, double MostSlope, double Cross, double OutputBound, string Reason = "");
