namespace NativeFlow.Layers;

/// <summary>Degrees of a graph in short.</summary>
/// <param name="Smallest">Smallest degree.</param>
/// <param name="Mean">Mean degree.</param>
/// <param name="Largest">Largest degree.</param>
/// <param name="Variance">Variance over the nodes.</param>
/// <param name="Leaves">Nodes of degree 1.</param>
public readonly record struct DegreeStatistics(int Smallest, double Mean, int Largest, double Variance, int Leaves);
