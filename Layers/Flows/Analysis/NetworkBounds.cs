namespace NativeFlow.Layers;

/// <summary>What is certain of a network.</summary>
/// <param name="Lipschitz">Its Lipschitz constant is at most this.</param>
/// <param name="OutputBound">Largest |output| where every |input| is within the bound given; infinite where nothing is known.</param>
public readonly record struct NetworkBounds(double Lipschitz, double OutputBound);
